#!/usr/bin/env python3
"""The chapter's exercise on memory as a table: peak memory of training at 224x224, here and in PyTorch.

    python Scripts/tables/memory_table.py --binary .build/release/densenet --batch-size 32

Needs: pip install torch==2.13.0 numpy

Each row is a process of its own, its peak resident set as the system reports it. PyTorch's recomputing rows wrap every
convolution block in torch.utils.checkpoint (Pleiss et al. 2017), so that concatenated and normalised maps are made
again in the backward pass. Prints a Markdown table.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share

STEPS = 2


def torch_peak(options):
    """Steps of the chapter's network in this process. -> bytes"""
    import torch
    from torch.utils.checkpoint import checkpoint

    from chapter_torch import DenseBlock, chapter_densenet

    class Recomputed(torch.nn.Module):
        def __init__(self, block):
            super().__init__()
            self.block = block

        def forward(self, x):
            return checkpoint(self.block, x, use_reentrant=False)

    torch.set_num_threads(2)
    network = chapter_densenet().to(memory_format=torch.channels_last)
    if options.recompute:
        for block in (m for m in network.modules() if isinstance(m, DenseBlock)):
            block.net = torch.nn.Sequential(*map(Recomputed, block.net))
    images = torch.randn(options.batch_size, 1, options.size, options.size)
    labels = torch.randint(0, 10, (options.batch_size,))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            loss = torch.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with {result.returncode}:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def main():
    arguments = argparse.ArgumentParser(description="Peak memory of training at 224x224, here and in PyTorch.")
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--batch-size", type=int, default=32, help="default: %(default)s")
    arguments.add_argument("--size", type=int, default=224, help="of the images (default: %(default)s)")
    arguments.add_argument("--precision", default="fp32", help=argparse.SUPPRESS)
    arguments.add_argument("--recompute", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.peer:
        return print(json.dumps({"peak_memory_bytes": torch_peak(options)}))

    print(f"| training, {options.size}×{options.size}, batch {options.batch_size}, peak MiB | fp32 | bf16 |\n|---|---:|---:|")
    shared = ["--batch-size", options.batch_size, "--size", options.size]
    ours = [options.binary, "bench", "train", "--steps", STEPS, *shared, "--json"]
    theirs = [sys.executable, __file__, "--peer", *shared]
    for name, command in {
        "PyTorch": theirs, "PyTorch, blocks checkpointed": theirs + ["--recompute"],
        "densenet": ours, "densenet `--memory-efficient`": ours + ["--memory-efficient"],
    }.items():
        peaks = [run(command + ["--precision", p])["peak_memory_bytes"] / 2**20 for p in ("fp32", "bf16")]
        print(f"| {name} | {peaks[0]:.0f} | {peaks[1]:.0f} |", flush=True)


if __name__ == "__main__":
    main()
