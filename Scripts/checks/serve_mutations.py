#!/usr/bin/env python3
"""Sends damaged messages to `densenet serve`, over HTTP and over gRPC: random bytes, and requests with some bytes changed.

    python Scripts/checks/serve_mutations.py --binary .build/release/densenet
    python Scripts/checks/serve_mutations.py --messages 100000 --seed 7

Needs: pip install grpcio

Every message must get an answer: a status, or the logits where the damage left a request whole; over HTTP, a request whose
head is damaged may also have its connection closed. Afterwards the server must be healthy, give the same logits as before to
the same tensor, have no request in progress, and hold little more memory. A tenth as many connections to the port for gRPC
begin with random bytes instead of HTTP/2's own, or break off within a call.

Exit status: 0 where all that holds, 1 where it does not, 2 when the program fails.
"""

import argparse
import json
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks, Program

SIDE = 32
SERVICE = "/inference.GRPCInferenceService/"
METHODS = ["ServerMetadata", "ModelReady", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex"]
PATIENCE = 60  # seconds for an answer
MORE_MEMORY = 256 << 20
CONNECTIONS = 32  # over HTTP at once


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


def png():
    """-> a small grey picture"""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(range(SIDE)) for _ in range(SIDE))
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def http_requests():
    """-> (path, further fields, body) of requests that are whole"""
    values = [(i % 97) / 97 - 0.5 for i in range(SIDE * SIDE)]
    tensor = {"name": "input", "shape": [1, 1, SIDE, SIDE], "datatype": "FP32"}
    raw = struct.pack(f"<{len(values)}f", *values)
    binary = json.dumps({"id": "7", "inputs": [{**tensor, "parameters": {"binary_data_size": len(raw)}}],
                         "outputs": [{"name": "logits", "parameters": {"binary_data": True, "classification": 3}}]}).encode()
    picture = struct.pack("<I", len(png())) + png()
    files = json.dumps({"inputs": [{"name": "input", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(picture)}}]}).encode()
    infer = "/v2/models/net/infer"
    length = "Inference-Header-Content-Length: {}\r\n"
    return [
        (infer, "", json.dumps({"inputs": [{**tensor, "data": values}], "parameters": {"timeout": 50_000_000}}).encode()),
        (infer, length.format(len(binary)), binary + raw),
        (infer, length.format(len(files)), files + picture),
        (infer, length.format(0), raw),
        (infer, "Content-Encoding: deflate\r\nAccept-Encoding: gzip\r\n", zlib.compress(json.dumps({"inputs": [{**tensor, "data": values}]}).encode())),
        ("/predict?top=3&cam=1", "", png()),
        ("/v2/repository/index", "", b'{"ready":true}'),
        ("/v2/repository/models/net/load", "", b'{"parameters":{}}'),
    ]


def post(port, path, fields, body, generator=None):
    """-> the status of an answer; "closed" where the connection ended without one

    With a generator, the head is damaged too."""
    message = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{fields}Connection: close\r\n\r\n".encode() + body
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        answer = b""
        try:
            connection.sendall(damaged(generator, message) if generator else message)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except TimeoutError:
            return "none"
        except OSError:
            pass
    match = re.match(rb"HTTP/1\.1 (\d+) ", answer)
    return match[1].decode() if match else "closed"


def send_http(port, seed, count):
    """-> how often each status came back, of requests with damaged bodies, and with damaged heads"""
    def some(worker):
        generator, known, statuses = random.Random(f"{seed} {worker}"), http_requests(), (Counter(), Counter())
        for number in range(count // CONNECTIONS + 1):
            path, fields, body = generator.choice(known)
            if number % 3 == 0:
                statuses[1][post(port, path, fields, body, generator)] += 1
            else:
                statuses[0][post(port, path, fields, damaged(generator, body))] += 1
        return statuses

    bodies, heads = Counter(), Counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for own in pool.map(some, range(CONNECTIONS)):
            bodies += own[0]
            heads += own[1]
    return bodies, heads


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
        bodies, heads = send_http(server.http, options.seed, options.messages)
        for name, counts in (("gRPC", statuses), ("HTTP, damaged bodies", bodies), ("HTTP, damaged heads", heads)):
            print(f"  {name}: " + ", ".join(f"{count} {status}" for status, count in counts.most_common()))
        checks.at_most("messages without an answer", statuses["DEADLINE_EXCEEDED"] + statuses["UNAVAILABLE"], 0)
        checks.at_most("errors of the server's own", statuses["INTERNAL"] + statuses["UNKNOWN"], 0)
        checks.at_most("kinds of answers that are missing", len({"OK", "INVALID_ARGUMENT", "NOT_FOUND"} - set(statuses)), 0)
        checks.at_most("requests over HTTP without an answer", bodies["none"] + bodies["closed"] + heads["none"], 0)
        checks.at_most("errors of the server's own over HTTP", sum((bodies + heads)[status] for status in ("500", "501", "503")), 0)
        checks.at_most("kinds of answers over HTTP that are missing", len({"200", "400"} - set(bodies)), 0)
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
    arguments.add_argument("--messages", type=int, default=5000, help="damaged messages over each of the two (default: %(default)s)")
    arguments.add_argument("--seed", type=int, default=0, help="of the damage (default: %(default)s)")
    options = arguments.parse_args()
    program, checks = Program(options.binary, options.isa), Checks()
    with tempfile.TemporaryDirectory() as folder:
        check(program, options, pathlib.Path(folder), checks)
    checks.finish()


if __name__ == "__main__":
    main()
