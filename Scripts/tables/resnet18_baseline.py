#!/usr/bin/env python3
"""Trains ResNet-18 on Fashion-MNIST with PyTorch, to compare its parameters and accuracy with `densenet train`.

    python Scripts/tables/resnet18_baseline.py --data FOLDER --train-limit 12000 --size 48 --epochs 6 --seed 0

The network is that of the book's ResNet chapter for one channel; `--network densenet` trains the DenseNet chapter's
instead. The recipe is that of

    densenet train --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov --weight-decay 5e-4 --schedule cosine \\
      --warmup-epochs 1 --batch-size 128

and nothing is augmented. Prints a line of JSON: parameters, the last epoch's accuracies, examples per second, peak memory.

Needs: pip install torch==2.13.0 numpy pillow
"""

import argparse
import json
import math
import pathlib
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from chapter_torch import chapter_densenet
from fashion_mnist import load_images

BATCH = 128
RATE = 0.1
WARMUP_START = 0.1


class Residual(nn.Module):
    """[N, channels, H, W] -> [N, out_channels, H / stride, W / stride]."""

    def __init__(self, channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(out_channels)
        changes = channels != out_channels or stride != 1
        self.shortcut = nn.Conv2d(channels, out_channels, 1, stride=stride) if changes else nn.Identity()

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


def resnet18(classes=10):
    """[N, 1, H, W] -> logits [N, classes]."""
    parts = [nn.Conv2d(1, 64, 7, stride=2, padding=3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for index, width in enumerate((64, 128, 256, 512)):
        parts += [Residual(channels, width, 1 if index == 0 else 2), Residual(width, width)]
        channels = width
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def rate(step, warmup, steps):
    """A linear rise, then half a cosine down to 0."""
    if step < warmup:
        return RATE * (WARMUP_START + (1 - WARMUP_START) * step / warmup)
    return RATE / 2 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


@torch.no_grad()
def accuracy(network, images, labels):
    network.eval()
    right = sum(int((network(x).argmax(1) == y).sum()) for x, y in zip(images.split(256), labels.split(256)))
    network.train()
    return right / len(labels)


def main():
    arguments = argparse.ArgumentParser(description="Train ResNet-18 on Fashion-MNIST.")
    arguments.add_argument("--data", required=True, help="the folder with Fashion-MNIST's files")
    arguments.add_argument("--network", choices=["resnet18", "densenet"], default="resnet18")
    arguments.add_argument("--train-limit", type=int, default=60_000, help="the first so many training images")
    arguments.add_argument("--size", type=int, default=96, help="to which images are resized, in pixels")
    arguments.add_argument("--epochs", type=int, default=10)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--threads", type=int, default=2)
    o = arguments.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(o.seed)
    images, labels = load_images(o.data, "train", o.train_limit, o.size)
    tests, test_labels = load_images(o.data, "t10k", 10_000, o.size)
    mean, deviation = images.mean(), images.std()
    images, tests = (images - mean) / deviation, (tests - mean) / deviation
    network = (resnet18() if o.network == "resnet18" else chapter_densenet()).to(memory_format=torch.channels_last)
    for module in network.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(module.weight)
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=5e-4)
    batches = math.ceil(len(images) / BATCH)
    step, started, right = 0, time.monotonic(), 0
    for _ in range(o.epochs):
        right = 0
        for index in torch.randperm(len(images)).split(BATCH):
            for group in optimizer.param_groups:
                group["lr"] = rate(step, batches, batches * o.epochs)
            x, y = images[index].to(memory_format=torch.channels_last), labels[index]
            optimizer.zero_grad()
            logits = network(x)
            F.cross_entropy(logits, y).backward()
            optimizer.step()
            right += int((logits.argmax(1) == y).sum())
            step += 1
    seconds = time.monotonic() - started
    print(json.dumps({
        "network": o.network, "seed": o.seed, "parameters": sum(p.numel() for p in network.parameters()),
        "train_accuracy": right / len(images), "test_accuracy": accuracy(network, tests, test_labels),
        "examples_per_second": o.epochs * len(images) / seconds,
        "peak_memory_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }))


if __name__ == "__main__":
    main()
