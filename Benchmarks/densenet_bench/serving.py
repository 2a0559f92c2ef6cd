"""`Benchmarks/serve`: the servers, what is asked of them, and the table."""

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import environment
from .load import Client, closed, opened
from .measure import Failure, run_json

PEER = environment.BENCHMARKS / "peers" / "fastapi_server.py"


def parse(words=None):
    parser = argparse.ArgumentParser(
        prog="Benchmarks/serve",
        description="Measures densenet serve against FastAPI, Pillow and ONNX Runtime with the same network and pictures: "
        "pictures per second over several connections, and latencies at half of that load.",
        epilog="Exit status: 0 done; 1 answers differ; 2 anything else, in one message.",
    )
    add = parser.add_argument
    add("pictures", type=Path, help="a folder of JPEG or PNG files")
    add("--weights", help="of the network (default: a random densenet121)")
    add("--connections", type=int, nargs="+", default=[1, 8, 64], help="at once (default: 1 8 64)")
    add("--seconds", type=float, default=20, help="of each load (default: %(default)s)")
    add("--rounds", type=int, default=3, help="turns of each server (default: %(default)s)")
    add("--precisions", nargs="+", default=["fp32"], choices=["fp32", "bf16"], help="of densenet (default: fp32)")
    add("--threads", type=int, default=min(2, os.cpu_count() or 1), help="of every server (default: %(default)s)")
    add("--no-peer", action="store_true", help="measure densenet alone")
    add("--binary", help="the densenet program, built with its server (default: built from this repository)")
    add("--python", help="a Python that has the peers (default: Benchmarks/.venv, made where it is missing)")
    add("--output", default=environment.BENCHMARKS / "serving.json", help="the JSON file (default: %(default)s)")
    return parser.parse_args(words)


def progress(text):
    print(text, file=sys.stderr, flush=True)


def build():
    command = ["swift", "build", "-c", "release", "--traits", "Serve", "--product", "densenet"]
    environment.step(*command, cwd=environment.REPOSITORY)
    path = environment.step(*command, "--show-bin-path", cwd=environment.REPOSITORY, stdout=subprocess.PIPE)
    return Path(path.strip()) / "densenet"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def ours(binary, weights, precision, threads):
    command = [binary, "serve", "--model", f"net={weights}", "--port", "0", "--drain", "0", "--precision", precision,
               "--threads", str(threads)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    if not (match := re.search(r":(\d+)$", line.strip())):
        raise Failure(f"densenet serve: expected the line of a server that is ready, found: {line}")
    yield int(match[1]), process.pid
    process.send_signal(signal.SIGTERM)
    process.wait()


@contextlib.contextmanager
def theirs(python, model, workers, threads):
    port = free_port()
    command = [python, PEER, "--model", model, "--workers", str(workers), "--threads", str(threads), "--port", str(port)]
    process = subprocess.Popen(command, start_new_session=True)
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.1)
    else:
        raise Failure(f"{PEER}: not ready after a minute")
    time.sleep(1)  # the other workers
    yield port, process.pid
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()


def memory(pid):
    """Resident bytes of a process and of those that it started."""
    total = 0
    for other in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = other.read_text().rsplit(")", 1)[1].split()
            if pid in (int(other.parent.name), int(fields[1])):
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total


async def turn(port, pid, pictures, right, options):
    """One server's turn: the rate by connections, then latencies at half of the best rate."""
    await closed(port, pictures, right, 2, 3)  # warms up
    result = {"rates": {}, "wrong": 0}
    for connections in options.connections:
        load = await closed(port, pictures, right, connections, options.seconds)
        result["rates"][connections] = load.rate
        result["wrong"] += load.wrong
    alone = await closed(port, pictures, right, 1, options.seconds / 2)
    result["alone"] = alone.percentile(0.5)
    half = max(result["rates"].values()) / 2
    for name, poisson in (("even", False), ("poisson", True)):
        load = await opened(port, pictures, right, half, max(50, int(half * options.seconds)), poisson)
        result[name] = load.percentile(0.99)
        result["wrong"] += load.wrong
    result["memory"] = memory(pid)
    return result


async def answers(port, pictures):
    client = Client(port)
    found = [await client.ask(picture) for picture in pictures]
    client.close()
    return found


def export(binary, options, folder):
    """The weights, and the same network for the peer."""
    weights = options.weights
    if weights is None:
        networks = environment.BENCHMARKS / "peers"
        script = "import sys; from networks import network; from safetensors.torch import save_file; save_file(network('densenet121')[1].state_dict(), sys.argv[1])"
        weights = os.path.join(folder, "densenet121.safetensors")
        environment.step(options.python, "-c", script, weights, cwd=networks)
    model = os.path.join(folder, "net.onnx")
    environment.step(binary, "export", "--weights", weights, "--output", model)
    return weights, model


def benchmark(options):
    files = sorted(path for path in options.pictures.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))[:200]
    if not files:
        raise Failure(f"{options.pictures}: no JPEG or PNG files")
    pictures = [path.read_bytes() for path in files]
    machine = environment.machine()
    if machine["load_average"] > 0.5:
        progress(f"Not to be relied on: the machine was busy (load average {machine['load_average']:.1f} at the start).")
    if not options.no_peer or options.weights is None:
        options.python = environment.peers_python(options.python, install=True)
    binary = os.path.abspath(options.binary or build())
    with tempfile.TemporaryDirectory() as folder:
        weights, model = export(binary, options, folder)
        servers = {f"densenet {p}": lambda p=p: ours(binary, weights, p, options.threads) for p in options.precisions}
        if not options.no_peer:
            # A process per core with a thread each, or one with all of them.
            for workers in sorted({1, options.threads}):
                threads = options.threads // workers
                servers[f"FastAPI, {workers}×{threads}"] = lambda w=workers, t=threads: theirs(options.python, model, w, t)
        right, results = {}, {name: [] for name in servers}
        for name, server in servers.items():
            with server() as (port, _):
                right[name] = asyncio.run(answers(port, pictures))
            first = right[next(iter(servers))]
            same = sum(a == b for a, b in zip(first, right[name])) / len(first)
            progress(f"{name}: the most probable class is that of {next(iter(servers))} for {same:.1%} of the pictures")
            if same < 0.97:
                progress("the servers do not answer the same, so nothing was measured")
                return 1
        bench = {}
        for precision in options.precisions:
            command = [binary, "bench", "predict", "--model", "densenet121", "--precision", precision, "--batch-size", "1",
                       "--threads", str(options.threads), "--json"]
            bench[precision] = [] if options.weights else command
        passes = {precision: [] for precision in bench}
        for number in range(options.rounds):
            for name, server in servers.items():
                with server() as (port, pid):
                    results[name].append(asyncio.run(turn(port, pid, pictures, right[name], options)))
                progress(f"{name}, turn {number + 1}: {results[name][-1]}")
            for precision, command in bench.items():
                if command:
                    passes[precision].append(run_json(command)["images_per_second"])
    print(table(results, passes, machine, options))
    with open(options.output, "w") as file:
        json.dump({"machine": machine, "servers": results, "bench_predict": passes}, file, indent=1)
    return int(any(turn["wrong"] for turns in results.values() for turn in turns))


def table(results, passes, machine, options):
    """Medians of the turns."""
    lines = [f"Pictures per second, {options.threads} threads on {machine['processor']}; latencies in ms at half load", ""]
    heads = [f"{n} connections" for n in options.connections] + ["alone", "p99 evenly", "p99 Poisson", "MiB", "wrong"]
    lines += ["| server | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    for name, turns in results.items():
        cells = [f"{statistics.median(turn['rates'][n] for turn in turns):.1f}" for n in options.connections]
        cells += [f"{1000 * statistics.median(turn[key] for turn in turns):.1f}" for key in ("alone", "even", "poisson")]
        cells += [f"{statistics.median(turn['memory'] for turn in turns) / 2**20:.0f}", str(sum(t["wrong"] for t in turns))]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for precision, rates in passes.items():
        if rates:
            lines.append(f"\n`bench predict`, {precision}, batch 1: {statistics.median(rates):.1f} images/s")
    return "\n".join(lines)


def main():
    try:
        return benchmark(parse())
    except (Failure, OSError) as error:
        progress(f"Benchmarks/serve: {error}")
        return 2
    except KeyboardInterrupt:
        return 130
