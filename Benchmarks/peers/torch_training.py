#!/usr/bin/env python3
"""Full training steps of a network in PyTorch (forward, loss, backward, update): a peer of `densenet bench train`.

    python Benchmarks/peers/torch_training.py --model d2l --mode channels_last --batch-size 256 --steps 4

Needs: pip install -r Benchmarks/requirements.txt; the mode `compile` wants a C++ compiler too

On a fixed random batch, two steps warm up, and the median of the others counts; the update is that of `bench train`.
With --check, steps of plain SGD are made on the first images of the program's own sample instead, and their losses
count. Prints one JSON line.
"""

import argparse

import torch
from networks import REPOSITORY, add_options, median_time, network, random_images, report
from safetensors.torch import save_file
from torch import nn

from fashion_mnist import load_images


def trainer(net, options, **sgd):
    """(images, labels) -> the loss of a training step that has been made. bf16 is autocast's."""
    if options.mode != "eager":  # channels_last helps `compile` too
        net = net.to(memory_format=torch.channels_last)
    forward = torch.compile(net) if options.mode == "compile" else net
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, **sgd)
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


def check(options):
    """Writes the network's weights, then makes steps on the sample's first images. -> their losses."""
    _, net = network(options.model, input_channels=1, num_classes=10)
    save_file(net.state_dict(), options.check)
    batch, step = options.batch_size, trainer(net.train(), options)
    folder = REPOSITORY / "Sources" / "CFashionSample" / "data"
    images, labels = load_images(folder, "train", batch * options.steps, options.size)
    return [step(laid_out(x, options), y) for x, y in zip(images.split(batch), labels.split(batch))]


def measure(options):
    made, net = network(options.model)
    step = trainer(net.train(), options, **({} if made.naming == "chapter" else {"momentum": 0.9, "weight_decay": 1e-4}))
    images = laid_out(random_images(options.batch_size, made.input_channels, options.size), options)
    labels = torch.randint(0, made.num_classes, (options.batch_size,))
    return options.batch_size / median_time(lambda: step(images, labels), options.steps)


def main():
    parser = argparse.ArgumentParser(description="Times training steps of a network in PyTorch.")
    add_options(parser, batch_size=256, size=96, repetitions=("steps", 4))
    add = parser.add_argument
    add("--mode", default="channels_last", choices=["eager", "channels_last", "compile"], help="default: %(default)s")
    add("--check", metavar="FILE", help="write the weights there and report losses of --steps, instead of timing")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    result = {"losses": check(options)} if options.check else {"examples_per_second": measure(options)}
    report(torch=torch.__version__, mode=options.mode, precision=options.precision, **result)


if __name__ == "__main__":
    main()
