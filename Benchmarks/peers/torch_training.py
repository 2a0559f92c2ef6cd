#!/usr/bin/env python3
"""Times full training steps of the chapter's network in PyTorch on a fixed random batch: a peer of `densenet bench train`.

    python Scripts/bench_torch.py --mode channels_last --batch 256 --steps 4

Needs: pip install torch==2.13.0 numpy; the mode `compile` wants a C++ compiler too

Two steps warm up, and the median of the others counts. Prints one JSON line.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import torch
from torch import nn

from chapter_torch import chapter_densenet, xavier


def main():
    arguments = argparse.ArgumentParser(description="Times training steps of the chapter's network in PyTorch.")
    arguments.add_argument("--mode", default="channels_last", choices=["eager", "channels_last", "compile"])
    arguments.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    arguments.add_argument("--batch", type=int, default=256, help="default: %(default)s")
    arguments.add_argument("--size", type=int, default=96, help="of the images (default: %(default)s)")
    arguments.add_argument("--steps", type=int, default=4, help="timed steps (default: %(default)s)")
    arguments.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    options = arguments.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = chapter_densenet()
    xavier(network)
    images = torch.randn(options.batch, 1, options.size, options.size)
    labels = torch.randint(0, 10, (options.batch,))
    if options.mode != "eager":  # channels_last helps `compile` too
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    forward = torch.compile(network) if options.mode == "compile" else network
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()

    times = []
    for step in range(options.steps + 2):
        began = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            loss = criterion(forward(images), labels)
        loss.backward()
        optimizer.step()
        if step >= 2:
            times.append(time.perf_counter() - began)
    unit = 1 if sys.platform == "darwin" else 1024
    result = {
        "peer": f"torch-{torch.__version__}-{options.mode}-{options.precision}",
        "batch": options.batch,
        "size": options.size,
        "examples_per_second": round(options.batch / statistics.median(times), 2),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "loss": loss.item(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
