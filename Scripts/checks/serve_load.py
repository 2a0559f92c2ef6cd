#!/usr/bin/env python3
"""Sends many requests to `densenet serve` and checks every answer, while its model is reloaded and the server restarted.

    python Scripts/checks/serve_load.py --binary .build/release/densenet
    python Scripts/checks/serve_load.py --requests 100000 --connections 1 8 64 --reloads 2 --restarts 2

Needs nothing but Python.

Requests are FP32 tensors as bytes to a small network. An answer is right where its logits are those that the weights
before or after the reloads gave to the same tensor when nothing else was running, to 1e-6: the images of a pass are summed
in an order that depends on their number. A request counts as lost
where its connection broke after it was sent; refused connections are tried again, as a client does that lives through
restarts.

Exit status: 0 where nothing was lost or wrong, 1 where something was, 2 when the program fails.
"""

import argparse
import asyncio
import os
import pathlib
import re
import shutil
import signal
import struct
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks, Program

SIDE = 32


def trained(program, folder, seed):
    run = folder / f"run-{seed}"
    program.run("train", "--dataset", "fashion-mnist-sample", "--model", "densenet-bc-10-4", "--resize", SIDE, "--batch-size", 16,
                "--max-steps", 2, "--train-limit", 32, "--test-limit", 16, "--seed", seed, "--output", run)
    return run / "model.safetensors"


def tensor(number):
    """-> an image's values: a pattern of its own"""
    return b"".join(struct.pack("<f", ((number * 31 + i * (1 + number % 7)) % 97) / 97 - 0.5) for i in range(SIDE * SIDE))


class Server:
    def __init__(self, program, weights):
        self.program, self.weights, self.port = program, weights, 0

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            self.program.binary, "serve", "--model", f"net={self.weights}", "--port", str(self.port), "--drain", "1",
            "--max-queue", "4096", stderr=asyncio.subprocess.PIPE)
        line = (await self.process.stderr.readline()).decode()
        match = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not match:
            Program.fail(f"expected the line of a server that is ready, found: {line}")
        self.port = int(match[1])
        self.log = asyncio.create_task(self.process.stderr.read())

    async def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = await self.process.wait()
        if status != 0:
            Program.fail(f"the server ended with {status}: {(await self.log).decode()}")

    def memory(self):
        return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024


class Lost(Exception):
    pass


async def ask(streams, port, body):
    """-> the bytes of the answer's logits, and the streams for the next request, None where the server ended them"""
    head = (f"POST /v2/models/net/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
            "Inference-Header-Content-Length: 0\r\n\r\n").encode()
    if streams is None:
        while True:
            try:
                streams = await asyncio.open_connection("127.0.0.1", port)
                break
            except (ConnectionRefusedError, TimeoutError):
                await asyncio.sleep(0.01)
    reader, writer = streams
    try:
        writer.write(head + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        content = await reader.readexactly(int(headers["content-length"]))
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        raise Lost(repr(error)) from error
    if headers.get("connection") == "close":
        writer.close()
        streams = None
    return int(lines[0].split()[1]), content[int(headers.get("inference-header-content-length", 0)):], streams


def close(a, b):
    a, b = (struct.unpack(f"<{len(x) // 4}f", x) for x in (a, b))
    return len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) <= 1e-6


async def load(port, bodies, right, requests, connections):
    """-> requests that were lost and wrong, and the seconds of each"""
    left, lost, wrong, times = requests, [], [], []

    async def client():
        nonlocal left
        streams = None
        while left > 0:
            left -= 1
            number = left % len(bodies)
            start = time.perf_counter()
            try:
                status, logits, streams = await ask(streams, port, bodies[number])
            except Lost as error:
                lost.append(str(error))
                streams = None
                continue
            times.append(time.perf_counter() - start)
            if status != 200 or not any(close(logits, known) for known in right[number]):
                wrong.append((status, logits[:100]))

    await asyncio.gather(*(client() for _ in range(connections)))
    return lost, wrong, sorted(times)


async def answers(port, bodies):
    streams, result = None, []
    for body in bodies:
        status, logits, streams = await ask(streams, port, body)
        if status != 200:
            Program.fail(f"a first request was answered with {status}")
        result.append(logits)
    return result


async def check(program, options, folder, checks):
    versions = [trained(program, folder, seed) for seed in range(2)]
    weights = folder / "net.safetensors"
    bodies = [tensor(number) for number in range(50)]
    right = [set() for _ in bodies]
    server = Server(program, weights)
    for version in versions:
        shutil.copy(version, weights)
        await server.start()
        for known, logits in zip(right, await answers(server.port, bodies)):
            known.add(logits)
        await server.stop()
    await server.start()

    async def disturb():
        for number in range(options.reloads):
            await asyncio.sleep(3)
            shutil.copy(versions[number % 2], folder / "next")
            os.replace(folder / "next", weights)
        for _ in range(options.restarts):
            await asyncio.sleep(3)
            await server.stop()
            await server.start()

    for connections in options.connections:
        disturbance = asyncio.create_task(disturb())
        before = server.memory()
        start = time.perf_counter()
        lost, wrong, times = await load(server.port, bodies, right, options.requests, connections)
        seconds = time.perf_counter() - start
        await disturbance
        print(f"{connections} connections: {options.requests / seconds:.0f} requests/s, median {1000 * times[len(times) // 2]:.2f} ms, "
              f"99% below {1000 * times[len(times) * 99 // 100]:.2f} ms, memory {before >> 20} to {server.memory() >> 20} MiB")
        for example in lost[:3] + wrong[:3]:
            print("   ", example)
        checks.at_most(f"{connections} connections: lost", len(lost), 0)
        checks.at_most(f"{connections} connections: wrong", len(wrong), 0)
    await server.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    Program.add_options(arguments)
    arguments.add_argument("--requests", type=int, default=10_000, help="for each number of connections (default: %(default)s)")
    arguments.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64], help="at once (default: 1 8 64)")
    arguments.add_argument("--reloads", type=int, default=0, help="of the model meanwhile (default: %(default)s)")
    arguments.add_argument("--restarts", type=int, default=0, help="of the server meanwhile (default: %(default)s)")
    options = arguments.parse_args()
    program, checks = Program(options.binary, options.isa), Checks()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(program, options, pathlib.Path(folder), checks))
    checks.finish()


if __name__ == "__main__":
    main()
