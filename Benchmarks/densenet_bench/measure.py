#!/usr/bin/env python3
"""Times the `densenet` program's training step against a PyTorch program, in turns on one machine.

    python Scripts/compare_training.py --binary .build/release/densenet --peer PEER.py --rounds 3

Needs: what the peer needs (pip install torch==2.13.0 numpy; its mode `compile` wants a C++ compiler too)

The peer is a script that takes --mode, --precision, --batch, --size, --steps and --threads and prints one JSON line
with examples_per_second and peak_memory_bytes, as `densenet bench train --json` does. The table goes to standard
error, and one JSON object to standard output.
"""

import argparse
import json
import statistics
import subprocess
import sys


def measure(command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {result.returncode}:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout[result.stdout.index("{") :])


def main():
    arguments = argparse.ArgumentParser(description="densenet's training step against PyTorch's, in turns.")
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--peer", required=True, help="the PyTorch program")
    arguments.add_argument("--python", default=sys.executable, help="runs the peer (default: this Python)")
    arguments.add_argument("--modes", nargs="+", default=["channels_last", "compile"], help="the peer's (default: both)")
    arguments.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    arguments.add_argument("--batch-size", type=int, default=256, help="default: %(default)s")
    arguments.add_argument("--size", type=int, default=96, help="of the images (default: %(default)s)")
    arguments.add_argument("--steps", type=int, default=4, help="timed steps a round (default: %(default)s)")
    arguments.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    arguments.add_argument("--precision", default="fp32", help="fp32 or bf16 (default: %(default)s)")
    options = arguments.parse_args()

    shared = ["--precision", options.precision, "--size", options.size, "--steps", options.steps, "--threads", options.threads]
    commands = {"densenet": [options.binary, "bench", "train", "--model", "d2l", "--batch-size", options.batch_size, *shared, "--json"]}
    for mode in options.modes:
        commands[f"torch {mode}"] = [options.python, options.peer, "--mode", mode, "--batch", options.batch_size, *shared]

    rates, memory = {name: [] for name in commands}, {name: [] for name in commands}
    for turn in range(options.rounds):
        for name, command in commands.items():
            result = measure([str(word) for word in command])
            rates[name].append(result["examples_per_second"])
            memory[name].append(result["peak_memory_bytes"])
            print(f"round {turn + 1}: {name:<20} {rates[name][-1]:8.1f} examples/s", file=sys.stderr)

    rate = {name: statistics.median(values) for name, values in rates.items()}
    peak = {name: statistics.median(values) for name, values in memory.items()}
    best = max((name for name in commands if name != "densenet"), key=rate.get)
    print(f"\n{'':<20} {'examples/s':>10} {'(range)':>17} {'peak MiB':>9}", file=sys.stderr)
    for name in commands:
        spread = f"({min(rates[name]):.1f}–{max(rates[name]):.1f})"
        print(f"{name:<20} {rate[name]:10.1f} {spread:>17} {peak[name] / 2**20:9.0f}", file=sys.stderr)
    ratios = {"speed_ratio": round(rate["densenet"] / rate[best], 3), "memory_ratio": round(peak["densenet"] / peak[best], 3)}
    print(f"densenet against {best}: {ratios['speed_ratio']}x the speed, {ratios['memory_ratio']}x the memory", file=sys.stderr)
    measured = {n: {"examples_per_second": rate[n], "peak_memory_bytes": int(peak[n]), "rounds": rates[n]} for n in commands}
    settings = {"batch_size": options.batch_size, "size": options.size, "precision": options.precision, "threads": options.threads}
    print(json.dumps({**settings, "best_peer": best, **ratios, "programs": measured}))


if __name__ == "__main__":
    main()
