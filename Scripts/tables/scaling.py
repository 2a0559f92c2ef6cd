#!/usr/bin/env python3
"""Predicts how training scales over machines, from step times measured here and the speed of links.

    python3 Scripts/tables/scaling.py                                    # the table of docs/cluster.md
    python3 Scripts/tables/scaling.py --latency 60e-6 --bandwidth 110e6 --model d2l --batch 256 --ranks 2 4 --threads 1
    python3 Scripts/tables/scaling.py --times times.json                 # with times saved by --save

Needs: nothing but Python, and the program, built.

`bench train --profile` gives the times of the forward pass, of each block's backward pass and of the rest, on this
machine. A machine of more cores is taken to be as much faster, up to a batch that keeps its cores busy: each core needs
an image. Messages cost as in the model of Hockney: latency + bytes / bandwidth. A sum over p ranks of n bytes costs

    recursive doubling (small)   log2(p) (latency + n / bandwidth)
    Rabenseifner                 2 log2(p) latency + 2 (p - 1) / p n / bandwidth
    ring                         2 (p - 1) latency + 2 (p - 1) / p n / bandwidth

Sums of gradients begin when the backward pass has finished their block, one after the other, and overlap with the rest of
it; sums of batch statistics are waited for.
"""

import argparse
import json
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Program

# Batch per machine of 2 cores, and image size.
MODELS = {"d2l": (128, 96), "densenet121": (16, 224), "densenet161": (8, 224)}
NETWORKS = [("1 Gbit/s", 50e-6, 117e6), ("10 Gbit/s", 20e-6, 1.15e9), ("100 Gbit/s", 3e-6, 11e9)]
LEAST = 65536  # values of a message, as in GradientBuckets


def rabenseifner(p, n, latency, bandwidth):
    return 2 * math.ceil(math.log2(p)) * latency + 2 * (p - 1) / p * n / bandwidth if p > 1 else 0


def ring(p, n, latency, bandwidth):
    return 2 * (p - 1) * latency + 2 * (p - 1) / p * n / bandwidth if p > 1 else 0


def doubling(p, n, latency, bandwidth):
    return math.ceil(math.log2(p)) * (latency + n / bandwidth) if p > 1 else 0


def large(p, n, latency, bandwidth):
    """The cheaper of the two."""
    return min(rabenseifner(p, n, latency, bandwidth), ring(p, n, latency, bandwidth))


def part_of(layer):
    """The part of the backward pass that a profile's layer belongs to: the classifier, a block with its transition, or the
    stem. The chapter's names count children, torchvision's count blocks."""
    if layer == "stem":
        return "stem"
    names = layer.split(".")
    if names[0] == "features":
        return names[1].replace("transition", "denseblock") if len(names) > 1 else "stem"
    if names[0].isdigit():
        number = int(names[0])
        return "classifier" if number >= 8 else f"block {(number + 1) // 2}"
    return "classifier"


def measure(binary, model, batch, size, threads):
    """-> seconds: forward, backward by part in the order of the pass, the rest; and values of gradients by part"""
    program = Program(binary)
    bench = program.json(
        "bench", "train", "--model", model, "--batch-size", batch, "--size", size, "--threads", threads, "--steps", 5,
        "--profile")
    times = times_of(bench["profile"])
    return times | shape(binary, model, times)


def times_of(profile):
    """-> seconds by the lines of a profile"""
    times = {"forward": 0.0, "rest": 0.0, "backward": {}}
    for line in profile:
        seconds = line["milliseconds"] / 1e3
        if line["kernel"] in ("backward", "unpack gradient", "max pool's gradient"):
            part = part_of(line["layer"])
            times["backward"][part] = times["backward"].get(part, 0) + seconds
        elif line["layer"] == "all":
            times["rest"] += seconds
        else:
            times["forward"] += seconds
    order = ["classifier", *sorted((p for p in times["backward"] if p not in ("classifier", "stem")), reverse=True), "stem"]
    times["backward"] = [[part, times["backward"].get(part, 0)] for part in order]
    return times


def shape(binary, model, times):
    """-> what of a network's size matters"""
    summary = Program(binary).json("summary", "--model", model)
    return {"values": values(summary, [part for part, _ in times["backward"]]), "norms": norms(model)}


def values(summary, order):
    """Learned values of each part."""
    result = dict.fromkeys(order, 0)
    for row in summary.get("layers", []):
        part = part_of(row["name"]) if part_of(row["name"]) in result else "stem"
        result[part] += row["parameters"]
    return [result[part] for part in order]


def norms(model):
    """Batch norms: stem, dense layers (two with a bottleneck), transitions, the last one."""
    return {"d2l": 1 + 16 + 3 + 1, "densenet121": 1 + 2 * 58 + 3 + 1, "densenet161": 1 + 2 * 78 + 3 + 1}[model]


def step(times, p, latency, bandwidth, scale=1.0, overlap=True, sync=True):
    """-> seconds of a step, and of them those that communication is not hidden

    - scale: of computation, where a machine has other cores or other batches.
    """
    waits = (2 * times["norms"] if sync else 0) + 4
    small = doubling(p, 2048, latency, bandwidth)
    compute = scale * (times["forward"] + times["rest"] + sum(seconds for _, seconds in times["backward"]))
    half = waits // 2 * small
    now = scale * times["forward"] + half
    free = 0.0  # when the link is
    gathered = 0
    for (_, seconds), count in zip(times["backward"], times["values"]):
        now += scale * seconds + half / len(times["backward"])
        gathered += count
        if gathered >= LEAST and overlap:
            free = max(free, now) + large(p, 4 * gathered, latency, bandwidth)
            gathered = 0
    if gathered:
        free = max(free, now) + large(p, 4 * gathered, latency, bandwidth)
    total = max(now, free) + scale * times["rest"]
    return total, total - compute


def table(all_times, cores_here):
    lines = []
    counts = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    for model, times in all_times.items():
        lines += [f"| {model}, machines | " + " | ".join(map(str, counts)) + " |", "|---|" + "---:|" * len(counts)]
        for cores in [2, 16, 64]:
            # The images measured, or one for each core, on all of its cores.
            batch = max(MODELS[model][0], cores)
            scale = batch / MODELS[model][0] * cores_here / cores
            for name, latency, bandwidth in NETWORKS:
                alone = step(times, 1, 0, 1, scale)[0]
                rates = [p * alone / step(times, p, latency, bandwidth, scale)[0] for p in counts]
                lines.append(f"| {cores} cores, {batch} images each, {name} | " + " | ".join(f"{r:.3g}" for r in rates) + " |")
        lines.append("")
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    Program.add_options(arguments)
    arguments.add_argument("--times", help="read step times from this file")
    arguments.add_argument("--save", help="write the measured step times to this file")
    arguments.add_argument("--model", choices=MODELS, help="one model, with its links, instead of the table")
    arguments.add_argument("--batch", type=int, help="images per rank (default: the model's)")
    arguments.add_argument("--threads", type=int, default=2, help="per rank (default: %(default)s)")
    arguments.add_argument("--ranks", type=int, nargs="+", default=[2, 4])
    arguments.add_argument("--latency", type=float, default=50e-6, help="seconds (default: %(default)s)")
    arguments.add_argument("--bandwidth", type=float, default=117e6, help="bytes per second (default: %(default)s)")
    arguments = arguments.parse_args()
    models = [arguments.model] if arguments.model else list(MODELS)
    if arguments.times:
        times = json.loads(pathlib.Path(arguments.times).read_text())
    else:
        times = {
            model: measure(arguments.binary, model, arguments.batch or MODELS[model][0], MODELS[model][1], arguments.threads)
            for model in models}
    if arguments.save:
        pathlib.Path(arguments.save).write_text(json.dumps(times, indent=1))
    if not arguments.model:
        print(table({model: times[model] for model in models}, arguments.threads))
        return
    alone = step(times[arguments.model], 1, 0, 1)[0]
    print(f"alone: {alone * 1e3:.1f} ms a step")
    for ranks in arguments.ranks:
        for overlap in [True, False]:
            total, exposed = step(times[arguments.model], ranks, arguments.latency, arguments.bandwidth, overlap=overlap)
            print(
                f"{ranks} ranks, {'with' if overlap else 'without'} overlap: {total * 1e3:.1f} ms a step, "
                f"{exposed * 1e3:.1f} ms of it communication ({100 * exposed / total:.1f}%), scaling {alone / total:.3f}")


if __name__ == "__main__":
    main()
