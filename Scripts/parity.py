#!/usr/bin/env python3
"""Compares one training step of the `densenet` program with PyTorch in float64, by the command line alone.

    python Scripts/parity.py --binary .build/release/densenet --data DIR --batches 16 64 256

Needs: pip install torch==2.13.0 numpy pillow safetensors

For each batch size: random weights of the chapter's network go to `densenet train --init`, which makes one SGD step
on the first images of Fashion-MNIST's training set; PyTorch makes the same step. Printed and limited:

- the update's error, |w - w_ref| / |w_ref - w_init| (2-norms), over all parameters, and of the worst single tensor
  (without those whose gradient a batch norm cancels, so that nothing but rounding is left: they are compared by value);
- the running statistics' largest relative error of a tensor;
- that the saved weights load with strict=True and that `densenet evaluate` agrees with PyTorch's eval mode on them,
  and on PyTorch's own file.

Exit status: 0 within the limits, 1 outside them, 2 when the program fails.
"""

import argparse
import copy
import gzip
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from chapter_torch import chapter_densenet, parameters_without_gradient, xavier

SIZE, LEARNING_RATE, TEST_IMAGES = 96, 0.1, 64
LIMIT_NAMES = {
    "all": "of the whole update", "tensor": "of one tensor's", "value": "of cancelled parameters",
    "statistics": "of a running statistic", "loss": "of a loss, relative",
}
LIMITS = {
    "fp32": {"all": 2e-2, "tensor": 5e-2, "value": 2e-3, "statistics": 1e-4, "loss": 1e-4},
    "bf16": {"all": 0.2, "tensor": 0.5, "value": 2e-3, "statistics": 4e-3, "loss": 2e-3},
}


def read_idx(folder, name, offset):
    """The bytes after an IDX header, from NAME or NAME.gz, in the folder or in its subfolder fashion-mnist."""
    for path in (os.path.join(f, name) for f in (folder, os.path.join(folder, "fashion-mnist"))):
        for opener, file in ((gzip.open, path + ".gz"), (open, path)):
            if os.path.exists(file):
                with opener(file, "rb") as f:
                    return np.frombuffer(f.read(), np.uint8, offset=offset)
    sys.exit(f"{folder}: found neither {name}.gz nor {name}")


def load_images(folder, split, count, size=SIZE):
    """The first images as float32 [count, 1, size, size] in 0...1, resized as the chapter does it, and their labels."""
    images = read_idx(folder, f"{split}-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:count]
    labels = read_idx(folder, f"{split}-labels-idx1-ubyte", 8)[:count]
    resized = np.stack([np.asarray(Image.fromarray(i).resize((size, size), Image.BILINEAR)) for i in images])
    return torch.from_numpy(resized).unsqueeze(1).float() / 255, torch.from_numpy(labels.astype(np.int64))


def initial_network(seed, chapter_affine):
    """The chapter's initialisation, but running statistics, gamma and beta are random too, so that losing one shows."""
    torch.manual_seed(seed)
    network = xavier(chapter_densenet())
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            if not chapter_affine:
                nn.init.uniform_(module.weight, 0.8, 1.2)
                nn.init.uniform_(module.bias, -0.1, 0.1)
            module.num_batches_tracked.fill_(3)
    return network


def step(network, images, labels, dtype, autocast=False):
    """A copy of the network after one step of plain SGD in `dtype` (or with bf16 by autocast), and the step's loss."""
    network = copy.deepcopy(network).to(dtype).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        loss = nn.functional.cross_entropy(network(images.to(dtype)), labels)
    loss.backward()
    optimizer.step()
    return network, float(loss.detach())


def evaluate(state, images, labels):
    """Loss and accuracy in eval mode in float64, and how many images are too close to call in float32."""
    network = chapter_densenet()
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        logits = network.double().eval()(images.double())
    best = logits.topk(2).values
    close = (best[:, 0] - best[:, 1] < 1e-4 * logits.abs().amax(1)).sum()
    accuracy = (logits.argmax(1) == labels).double().mean()
    return float(nn.functional.cross_entropy(logits, labels)), float(accuracy), int(close)


def relative(value, reference, unit=None):
    return float((value.double() - reference).norm() / (reference if unit is None else unit).norm().clamp_min(1e-300))


def cancelled_parameters(network):
    """Parameters whose exact gradient is zero (or next to it), so that a relative error of it says nothing.

    Besides the biases before a batch norm, that is the stem's gamma while its beta is 0: ReLU and max pool then only
    pass the channel's scale on, and every batch norm that reads the channel divides it out again.
    """
    names = set(parameters_without_gradient(network))
    if not network[0][1].bias.any():
        names.add("0.1.weight")
    return names


def compare(state, reference, initial):
    """Errors of a state dict against the network `reference`, which made its step from the network `initial`."""
    start, parameters = ({n: p.detach() for n, p in m.named_parameters()} for m in (initial, reference))
    cancelled = cancelled_parameters(initial)
    flat = lambda get: torch.cat([get(name).double().flatten() for name in parameters])
    update = {name: p - start[name].double() for name, p in parameters.items()}
    whole = relative(flat(state.get), flat(parameters.get), flat(update.get))
    each = {n: relative(state[n], parameters[n], update[n]) for n in parameters if n not in cancelled}
    worst = max(each, key=lambda n: each[n] if each[n] == each[n] else float("inf"))
    statistics = [relative(state[n], b) for n, b in reference.named_buffers() if b.is_floating_point()]
    return {
        "update_error": whole, "worst_tensor": worst, "worst_tensor_error": each[worst],
        "cancelled_error": max(float((state[n].double() - parameters[n]).abs().max()) for n in cancelled),
        "running_statistics_error": max(statistics),
        "batches_tracked": sorted({int(b) for n, b in state.items() if n.endswith("num_batches_tracked")}),
    }


class Program:
    """The `densenet` binary. A failure of it ends this script."""

    def __init__(self, options):
        self.binary, self.data = options.binary, options.data
        self.environment = dict(os.environ, DENSENET_ISA=options.isa) if options.isa else dict(os.environ)
        self.extra = ["--precision", options.precision, "--convolution", options.convolution]

    def run(self, *arguments):
        command = [self.binary, *map(str, arguments), "--data-dir", self.data]
        try:
            result = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        except OSError as error:
            self.fail(f"{self.binary}: {error.strerror}; build it with `swift build -c release`, or give --binary")
        if result.returncode != 0:
            self.fail(f"{' '.join(command)}\nended with {result.returncode}:\n{result.stderr[-2000:]}")
        return result.stdout

    @staticmethod
    def fail(message):
        print(message, file=sys.stderr)
        sys.exit(2)

    def train(self, weights, batch, output):
        self.run(
            "train", "--init", weights, "--no-shuffle", "--max-steps", 1, "--batch-size", batch, "--train-limit", batch,
            "--test-limit", TEST_IMAGES, "--lr", LEARNING_RATE, "--output", output, *self.extra,
        )
        with open(os.path.join(output, "summary.json")) as file:
            summary = json.load(file)
        return os.path.join(output, "model.safetensors"), summary

    def evaluate(self, weights):
        return json.loads(self.run("evaluate", "--weights", weights, "--test-limit", TEST_IMAGES, "--json", *self.extra))


class Checks:
    def __init__(self):
        self.failures = 0

    def at_most(self, what, value, limit):
        good = value <= limit
        self.failures += not good
        print(f"  {'ok  ' if good else 'FAIL'}  {what:<58} {value:.2e}  (limit {limit:.0e})")

    def evaluation(self, what, got, expected, loss_limit):
        loss, accuracy, close = expected
        self.at_most(f"{what}: test loss", abs(got["test_loss"] - loss) / max(abs(loss), 1e-300), loss_limit)
        self.at_most(f"{what}: test accuracy", abs(got["test_accuracy"] - accuracy), (close + 0.01) / TEST_IMAGES)


def main():
    arguments = argparse.ArgumentParser(description="One training step against PyTorch in float64.")
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--data", required=True, help="folder with Fashion-MNIST's IDX files")
    arguments.add_argument("--batches", type=int, nargs="+", default=[16, 64, 256], help="default: 16 64 256")
    arguments.add_argument("--seed", type=int, default=0, help="of the weights (default: %(default)s)")
    arguments.add_argument("--chapter-affine", action="store_true", help="start from gamma 1 and beta 0, not from random ones")
    arguments.add_argument("--isa", help="sets DENSENET_ISA: generic, avx2, avx512, avx512bf16")
    arguments.add_argument("--precision", default="fp32", choices=list(LIMITS), help="passed to `densenet train` (default: %(default)s)")
    arguments.add_argument("--convolution", default="auto", help="passed to `densenet train` (default: %(default)s)")
    for name, what in LIMIT_NAMES.items():
        by_precision = ", ".join(f"{limits[name]:g} in {precision}" for precision, limits in LIMITS.items())
        arguments.add_argument(f"--limit-{name}", type=float, help=f"{what} (default: {by_precision})")
    options = arguments.parse_args()
    for name in LIMIT_NAMES:
        if getattr(options, f"limit_{name}") is None:
            setattr(options, f"limit_{name}", LIMITS[options.precision][name])

    program, checks = Program(options), Checks()
    images, labels = load_images(options.data, "train", max(options.batches))
    test = load_images(options.data, "t10k", TEST_IMAGES)
    initial = initial_network(options.seed, options.chapter_affine)
    for batch in options.batches:
        print(f"batch {batch}")
        x, y = images[:batch], labels[:batch]
        reference, loss = step(initial, x, y, torch.float64)
        own = compare(step(initial, x, y, torch.float32, options.precision == "bf16")[0].state_dict(), reference, initial)
        print(
            f"        PyTorch's own {options.precision}: update {own['update_error']:.2e}, worst tensor "
            f"{own['worst_tensor_error']:.2e} ({own['worst_tensor']}), cancelled gradients "
            f"{own['cancelled_error']:.2e}, running statistics {own['running_statistics_error']:.2e}"
        )
        with tempfile.TemporaryDirectory() as folder:
            start = os.path.join(folder, "initial.safetensors")
            save_file(initial.state_dict(), start)
            if batch == options.batches[0]:
                expected = evaluate(initial.state_dict(), *test)
                checks.evaluation("PyTorch's weights, evaluated", program.evaluate(start), expected, options.limit_loss)
            weights, summary = program.train(start, batch, os.path.join(folder, "run"))
            state = load_file(weights)
            try:
                expected = evaluate(state, *test)
            except RuntimeError as error:
                print(f"  FAIL  the saved weights do not load with strict=True: {' '.join(str(error).split())}")
                sys.exit(1)
            errors = compare(state, reference, initial)
            checks.at_most("error of the update, all parameters", errors["update_error"], options.limit_all)
            checks.at_most(f"worst tensor, {errors['worst_tensor']}", errors["worst_tensor_error"], options.limit_tensor)
            checks.at_most("cancelled gradients, by value", errors["cancelled_error"], options.limit_value)
            checks.at_most("running statistics", errors["running_statistics_error"], options.limit_statistics)
            checks.at_most("num_batches_tracked", max((abs(n - 4) for n in errors["batches_tracked"]), default=4), 0)
            checks.at_most("training loss", abs(summary["train_loss"] - loss) / loss, options.limit_loss)
            checks.evaluation("saved weights, evaluated", program.evaluate(weights), expected, options.limit_loss)
    print("within the limits" if checks.failures == 0 else f"{checks.failures} checks outside their limits")
    sys.exit(1 if checks.failures else 0)


if __name__ == "__main__":
    main()
