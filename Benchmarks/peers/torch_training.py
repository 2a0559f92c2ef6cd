#!/usr/bin/env python3
"""Full training steps of a network in PyTorch (forward, loss, backward, update): a peer of `densenet bench train`.

    python Benchmarks/peers/torch_training.py --mode channels_last --batch-size 256 --steps 4

Needs: pip install -r Benchmarks/requirements.txt; the mode `compile` wants a C++ compiler too

On a fixed random batch, two steps warm up, and the median of the others counts. With --check, steps are made on the
first images of the program's own sample instead, and their losses count. Prints one JSON line.
"""

import argparse
import json
import pathlib
import resource
import statistics
import sys
import time

import torch
from safetensors.torch import save_file
from torch import nn

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Scripts"))
from parity import initial_network, load_images  # noqa: E402

NETWORKS = {"d2l": lambda: initial_network(seed=0, chapter_affine=False)}
WARM_UP = 2


def trainer(network, options):
    """(images, labels) -> the loss of a training step that has been made. bf16 is autocast's."""
    if options.mode != "eager":  # channels_last helps `compile` too
        network = network.to(memory_format=torch.channels_last)
    forward = torch.compile(network) if options.mode == "compile" else network
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()

    def step(images, labels):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            loss = criterion(forward(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def laid_out(images, options):
    return images if options.mode == "eager" else images.contiguous(memory_format=torch.channels_last)


def check(network, options):
    """Writes the network's weights, then makes steps on the sample's first images. -> their losses."""
    save_file(network.state_dict(), options.check)
    batch, step = options.batch_size, trainer(network, options)
    folder = REPOSITORY / "Sources" / "CFashionSample" / "data"
    images, labels = load_images(folder, "train", batch * options.steps, options.size)
    batches = zip(images.split(batch), labels.split(batch))
    return {"losses": [step(laid_out(x, options), y) for x, y in batches]}


def measure(network, options):
    step = trainer(network, options)
    images = laid_out(torch.randn(options.batch_size, 1, options.size, options.size), options)
    labels = torch.randint(0, 10, (options.batch_size,))
    times = []
    for _ in range(WARM_UP + options.steps):
        began = time.perf_counter()
        loss = step(images, labels)
        times.append(time.perf_counter() - began)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "examples_per_second": options.batch_size / statistics.median(times[WARM_UP:]),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "loss": loss,
    }


def main():
    parser = argparse.ArgumentParser(description="Times training steps of a network in PyTorch.")
    add = parser.add_argument
    add("--model", default="d2l", choices=list(NETWORKS), help="default: %(default)s")
    add("--mode", default="channels_last", choices=["eager", "channels_last", "compile"], help="default: %(default)s")
    add("--precision", default="fp32", choices=["fp32", "bf16"], help="default: %(default)s")
    add("--batch-size", type=int, default=256, help="default: %(default)s")
    add("--size", type=int, default=96, help="of the images (default: %(default)s)")
    add("--steps", type=int, default=4, help="timed steps, or steps of --check (default: %(default)s)")
    add("--threads", type=int, default=2, help="default: %(default)s")
    add("--check", metavar="FILE", help="write the weights there and report losses, instead of timing")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    network = NETWORKS[options.model]().train()
    result = (check if options.check else measure)(network, options)
    print(json.dumps({"torch": torch.__version__, "mode": options.mode, "precision": options.precision, **result}))


if __name__ == "__main__":
    main()
