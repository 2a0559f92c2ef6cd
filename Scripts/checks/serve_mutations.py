#!/usr/bin/env python3
"""Sends damaged messages to `densenet serve` over gRPC: random bytes, and requests for inference with some bytes changed.

    python Scripts/checks/serve_mutations.py --binary .build/release/densenet
    python Scripts/checks/serve_mutations.py --messages 100000 --seed 7

Needs: pip install grpcio

Every message must get an answer: a status, or the logits where the damage left a request whole. Afterwards the server must
be healthy, give the same logits as before to the same tensor, have no request in progress, and hold little more memory. A
tenth as many connections begin with random bytes instead of HTTP/2's own, or break off within a call.

Exit status: 0 where all that holds, 1 where it does not, 2 when the program fails.
"""

import argparse
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks, Program

SIDE = 32
SERVICE = "/inference.GRPCInferenceService/"
METHODS = ["ServerMetadata", "ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex"]
PATIENCE = 60  # seconds for an answer
MORE_MEMORY = 256 << 20


def field(number, content):
    """-> a field of protobuf's: a number, or bytes after their length"""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value):
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def requests():
    """-> a request for inference with values, one with bytes, and one with a picture that is none"""
    values = struct.pack(f"<{SIDE * SIDE}f", *((i % 97) / 97 - 0.5 for i in range(SIDE * SIDE)))
    shape = field(3, varint(1) + varint(1) + varint(SIDE) + varint(SIDE))
    tensor = field(1, b"input") + field(2, b"FP32") + shape
    outputs = field(6, field(1, b"logits"))
    timeout = field(4, field(1, b"timeout") + field(2, field(2, 50_000_000)))
    return [
        field(1, b"net") + field(5, tensor) + field(7, values),
        field(1, b"net") + field(3, b"id") + timeout + field(5, tensor + field(5, field(6, values))) + outputs,
        field(1, b"net") + field(5, field(1, b"input") + field(2, b"BYTES") + field(3, varint(1)) + field(5, field(8, b"no picture"))),
    ]


def damaged(generator, message):
    """-> the message with some of its bytes changed, removed, repeated or added"""
    data = bytearray(message)
    for _ in range(generator.choice([1, 1, 1, 2, 4, 16])):
        # Most of a message is a tensor's values; what matters more is before them.
        place = generator.randrange(min(len(data), generator.choice([40, 120, len(data)])) or 1) if data else 0
        kind = generator.randrange(6)
        if kind == 0 and data:
            data[place] ^= 1 << generator.randrange(8)
        elif kind == 1 and data:
            data[place] = generator.choice([0, 1, 0x7F, 0x80, 0xFF, generator.randrange(256)])
        elif kind == 2:
            del data[place:place + generator.choice([1, 2, 8, 1000])]
        elif kind == 3:
            data[place:place] = generator.randbytes(generator.choice([1, 2, 8, 100]))
        elif kind == 4:
            data[place:place] = data[place:place + generator.choice([1, 8, 64])]
        else:
            del data[generator.randrange(len(data) + 1):]
    return bytes(data)


class Server:
    """`densenet serve` on free ports, for the time of a `with`."""

    def __init__(self, program, weights):
        self.command = [program.binary, "serve", "--model", f"net={weights}", "--port", "0", "--grpc-port", "0", "--drain", "0"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        match = re.search(r"http://127\.0\.0\.1:(\d+) \(gRPC (\d+)\)", line)
        if not match:
            Program.fail(f"expected the line of a server that is ready, found: {line}")
        self.http, self.grpc = int(match[1]), int(match[2])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.status = self.process.wait(timeout=60)

    def memory(self):
        return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def in_progress(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics").read().decode()
        values = (re.search(rf"^{name} (\d+)$", text, re.MULTILINE)[1] for name in
                  ["densenet_queue_images", "densenet_body_bytes"])
        return sum(int(value) for value in values)


def send(channel, generator, count):
    """-> how often each status came back; none for an answer that did not come"""
    statuses = Counter()
    known = requests()
    for _ in range(count):
        method = "ModelInfer"
        if generator.random() < 0.2:
            method = generator.choice(METHODS)
            message = generator.randbytes(generator.choice([0, 1, 5, 50, 1000]))
        elif generator.random() < 0.1:
            message = generator.randbytes(generator.choice([1, 100, 10_000, 1_000_000]))
        else:
            message = damaged(generator, generator.choice(known))
        try:
            channel.unary_unary(SERVICE + method)(message, timeout=PATIENCE)
            statuses["OK"] += 1
        except grpc.RpcError as error:
            statuses[error.code().name] += 1
    return statuses


def disturb(port, generator, count):
    """Opens connections that speak no HTTP/2, or something like it."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    for number in range(count):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            data = generator.randbytes(generator.choice([1, 30, 1000, 30_000]))
            if number % 3 == 1:
                data = preface + data
            elif number % 3 == 2:
                kind, flags = generator.randrange(10), generator.randrange(256)
                head = struct.pack(">I", len(data[:16000]))[1:] + bytes([kind, flags]) + struct.pack(">I", generator.randrange(4))
                data = preface + head + data[:16000]
            try:
                connection.sendall(data)
                connection.settimeout(0.02)
                connection.recv(1000)
            except OSError:
                pass


def check(program, options, folder, checks):
    generator = random.Random(options.seed)
    run = folder / "run"
    program.run("train", "--dataset", "fashion-mnist-sample", "--model", "densenet-bc-10-4", "--resize", SIDE, "--batch-size", 16,
                "--max-steps", 2, "--train-limit", 32, "--test-limit", 16, "--output", run)
    with Server(program, run / "model.safetensors") as server:
        channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc}")
        ask = lambda: channel.unary_unary(SERVICE + "ModelInfer")(requests()[0], timeout=PATIENCE)
        right = ask()
        statuses, before = send(channel, generator, options.messages // 10), server.memory()
        statuses += send(channel, generator, options.messages - options.messages // 10)
        disturb(server.grpc, generator, options.messages // 10)
        print("  " + ", ".join(f"{count} {name}" for name, count in statuses.most_common()))
        checks.at_most("messages without an answer", statuses["DEADLINE_EXCEEDED"] + statuses["UNAVAILABLE"], 0)
        checks.at_most("errors of the server's own", statuses["INTERNAL"] + statuses["UNKNOWN"], 0)
        checks.at_most("kinds of answers that are missing", len({"OK", "INVALID_ARGUMENT", "NOT_FOUND"} - set(statuses)), 0)
        checks.at_most("logits that have changed", int(ask() != right), 0)
        health = channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=PATIENCE)
        checks.at_most("health", int(health != bytes([8, 1])), 0)
        channel.close()
        checks.at_most("images and bytes in progress", server.in_progress(), 0)
        print(f"  memory {before >> 20} to {server.memory() >> 20} MiB")
        checks.at_most("bytes of memory more", server.memory() - before, MORE_MEMORY)
    checks.at_most("exit status after SIGTERM", server.status, 0)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    Program.add_options(arguments)
    arguments.add_argument("--messages", type=int, default=5000, help="damaged messages (default: %(default)s)")
    arguments.add_argument("--seed", type=int, default=0, help="of the damage (default: %(default)s)")
    options = arguments.parse_args()
    program, checks = Program(options.binary, options.isa), Checks()
    with tempfile.TemporaryDirectory() as folder:
        check(program, options, pathlib.Path(folder), checks)
    checks.finish()


if __name__ == "__main__":
    main()
