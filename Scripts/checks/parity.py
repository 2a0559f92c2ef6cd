#!/usr/bin/env python3
"""Compares one training step of the `densenet` program with PyTorch in float64, by the command line alone.

    python Scripts/checks/parity.py --binary .build/release/densenet --data DIR --batches 16 64 256
    python Scripts/checks/parity.py --data DIR --model densenet121 --precision bf16 --memory-efficient --batches 16
    python Scripts/checks/parity.py --data DIR --model densenet-bc-40-12 --labels 5 --batches 16

Needs: pip install torch==2.13.0 numpy pillow safetensors

For each batch size: random weights of the network go to `densenet train --init`, which makes one SGD step
on the first images of Fashion-MNIST's training set; PyTorch makes the same step. With --labels N, the images have N
random labels each, some of them unknown, and positives are weighted (`BCEWithLogitsLoss`). Printed and limited:

- the update's error, |w - w_ref| / |w_ref - w_init| (2-norms), over all parameters, and of the worst single tensor
  (without those whose gradient a batch norm cancels, so that nothing but rounding is left: they are compared by value);
  Deep networks amplify rounding: where PyTorch's own error in the same precision is beyond a limit, that is the limit,
  with a margin for chance;
- the running statistics' largest relative error of a tensor;
- that the saved weights load with strict=True and that `densenet evaluate` agrees with PyTorch's eval mode on them,
  and on PyTorch's own file.

Exit status: 0 within the limits, 1 outside them, 2 when the program fails.
"""

import argparse
import copy
import json
import os
import pathlib
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from densenet_torch import cancelled_parameters, configuration, densenet, random_network
from fashion_mnist import load_images, read_idx
from program import Checks, Program
from targets import OneClass, SeveralLabels, write_table

LEARNING_RATE, TEST_IMAGES = 0.1, 64
LIMIT_NAMES = {
    "all": "of the whole update", "tensor": "of one tensor's", "value": "of cancelled parameters",
    "statistics": "of a running statistic", "loss": "of a loss, relative",
}
LIMITS = {
    "fp32": {"all": 2e-2, "tensor": 5e-2, "value": 2e-3, "statistics": 1e-4, "loss": 1e-4},
    "bf16": {"all": 0.2, "tensor": 0.5, "value": 2e-3, "statistics": 4e-3, "loss": 2e-3},
}
MARGIN = 1.25  # over PyTorch's own error


def step(network, images, labels, dtype, autocast=False):
    """A copy of the network after one step of plain SGD in `dtype` (or with bf16 by autocast), and the step's loss."""
    network = copy.deepcopy(network).to(dtype).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
        loss = labels.loss(network(images.to(dtype)))
    loss.backward()
    optimizer.step()
    return network, float(loss.detach())


def evaluate(network, state, images, labels):
    """Loss and accuracy in eval mode in float64, and the share of decisions that are too close to call in float32."""
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        logits = network.double().eval()(images.double())
    correct, close = labels.correct(logits)
    return float(labels.plain_loss(logits)), correct / labels.decisions, close / labels.decisions


def relative(value, reference, unit=None):
    return float((value.double() - reference).norm() / (reference if unit is None else unit).norm().clamp_min(1e-300))


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
    values = [float((state[n].double() - parameters[n]).abs().max()) for n in cancelled]
    return {
        "update_error": whole, "worst_tensor": worst, "worst_tensor_error": each[worst],
        "cancelled_error": max(values, default=0.0), "running_statistics_error": max(statistics),
        "batches_tracked": sorted({int(b) for n, b in state.items() if n.endswith("num_batches_tracked")}),
    }


class Steps:
    """The program's commands, with the options that all of them share."""

    def __init__(self, options, data, training):
        self.program = Program(options.binary, options.isa, options.launcher)
        self.training = training
        self.shared = [*data, "--resize", options.size, "--test-limit", TEST_IMAGES]
        self.shared += ["--precision", options.precision, "--convolution", options.convolution]
        self.model = ["--model", options.model]
        self.memory = ["--memory-efficient"] if options.memory_efficient else []

    def train(self, weights, batch, output):
        self.program.run(
            "train", "--init", weights, "--no-shuffle", "--max-steps", 1, "--batch-size", batch, "--train-limit", batch,
            "--lr", LEARNING_RATE, "--output", output, *self.model, *self.memory, *self.training, *self.shared,
        )
        with open(os.path.join(output, "summary.json")) as file:
            summary = json.load(file)
        return os.path.join(output, "model.safetensors"), summary

    def evaluate(self, weights, model=()):
        """Without `model`, the weights say which network they are of."""
        return self.program.json("evaluate", "--weights", weights, *model, *self.shared)


def check_evaluation(checks, what, got, expected, loss_limit):
    loss, accuracy, close = expected
    checks.at_most(f"{what}: test loss", abs(got["test_loss"] - loss) / max(abs(loss), 1e-300), loss_limit)
    checks.at_most(f"{what}: test accuracy", abs(got["test_accuracy"] - accuracy), close + 1e-9)


def parse():
    arguments = argparse.ArgumentParser(description="One training step against PyTorch in float64.")
    add = arguments.add_argument
    Program.add_options(arguments)
    add("--launcher", default="", help="what starts the step, such as `mpirun -n 2`, of a program built with MPI")
    add("--data", required=True, help="folder with Fashion-MNIST's IDX files")
    add("--model", default="d2l", help="a name or a JSON file, as `densenet --model` takes it (default: %(default)s)")
    add("--labels", type=int, default=0, help="labels per image; 0: one class (default: %(default)s)")
    add("--size", type=int, help="of the images (default: 96 for d2l, 64 for Table 1's networks, 32 for CIFAR's)")
    add("--batches", type=int, nargs="+", default=[16, 64, 256], help="default: 16 64 256")
    add("--seed", type=int, default=0, help="of the weights (default: %(default)s)")
    add("--chapter-affine", action="store_true", help="start from gamma 1 and beta 0, not from random ones")
    add("--precision", default="fp32", choices=list(LIMITS), help="passed to `densenet train` (default: %(default)s)")
    add("--convolution", default="auto", help="passed to `densenet train` (default: %(default)s)")
    add("--memory-efficient", action="store_true", help="passed to `densenet train`")
    for name, what in LIMIT_NAMES.items():
        by_precision = ", ".join(f"{limits[name]:g} in {precision}" for precision, limits in LIMITS.items())
        add(f"--limit-{name}", type=float, help=f"{what} (default: {by_precision})")
    options = arguments.parse_args()
    for name in LIMIT_NAMES:
        if getattr(options, f"limit_{name}") is None:
            setattr(options, f"limit_{name}", LIMITS[options.precision][name])
    return options


def check_batch(options, checks, steps, initial, images, labels, test, fresh):
    """One step on one batch: PyTorch's own error beside the program's."""
    reference, loss = step(initial, images, labels, torch.float64)
    autocast = options.precision == "bf16"
    own = compare(step(initial, images, labels, torch.float32, autocast)[0].state_dict(), reference, initial)
    print(
        f"        PyTorch's own {options.precision}: update {own['update_error']:.2e}, worst tensor "
        f"{own['worst_tensor_error']:.2e} ({own['worst_tensor']}), cancelled gradients "
        f"{own['cancelled_error']:.2e}, running statistics {own['running_statistics_error']:.2e}"
    )
    with tempfile.TemporaryDirectory() as folder:
        start = os.path.join(folder, "initial.safetensors")
        save_file(initial.state_dict(), start)
        if len(images) == options.batches[0]:
            expected = evaluate(fresh(), initial.state_dict(), *test)
            found = steps.evaluate(start, steps.model)
            check_evaluation(checks, "PyTorch's weights, evaluated", found, expected, options.limit_loss)
        weights, summary = steps.train(start, len(images), os.path.join(folder, "run"))
        state = load_file(weights)
        try:
            expected = evaluate(fresh(), state, *test)
        except RuntimeError as error:
            print(f"  FAIL  the saved weights do not load with strict=True: {' '.join(str(error).split())}")
            sys.exit(1)
        errors = compare(state, reference, initial)
        limit = max(options.limit_all, MARGIN * own["update_error"])
        checks.at_most("error of the update, all parameters", errors["update_error"], limit)
        limit = max(options.limit_tensor, MARGIN * own["worst_tensor_error"])
        checks.at_most(f"worst tensor, {errors['worst_tensor']}", errors["worst_tensor_error"], limit)
        checks.at_most("cancelled gradients, by value", errors["cancelled_error"], options.limit_value)
        checks.at_most("running statistics", errors["running_statistics_error"], options.limit_statistics)
        checks.at_most("num_batches_tracked", max((abs(n - 4) for n in errors["batches_tracked"]), default=4), 0)
        checks.at_most("training loss", abs(summary["train_loss"] - loss) / loss, options.limit_loss)
        check_evaluation(checks, "saved weights, evaluated", steps.evaluate(weights), expected, options.limit_loss)


def several_labels(options, count, folder):
    """-> targets of `count` training images and of test images, and the program's options for a table of them in `folder`"""
    os.mkdir(folder)
    weights = SeveralLabels.random(2, options.labels, 0).weights
    train, test = (SeveralLabels.random(n, options.labels, seed) for n, seed in ((count, 1), (TEST_IMAGES, 2)))
    pixels = lambda split: read_idx(options.data, f"{split}-images-idx3-ubyte", 16).reshape(-1, 28, 28)
    table, names = write_table(folder, [("train", pixels("train")[:count], train), ("test", pixels("t10k")[:TEST_IMAGES], test)])
    data = ["--dataset", f"csv:{table}", "--label-columns", ",".join(names)]
    return train, test, data, ["--grey", "--fit", "squash", "--pos-weight", ",".join(str(float(w)) for w in weights)]


def main():
    options = parse()
    made = configuration(options.model, input_channels=1, num_classes=options.labels or 10)
    options.size = options.size or min(made.image_side, 96 if made.naming == "chapter" else 64)
    checks = Checks()
    images, labels = load_images(options.data, "train", max(options.batches), options.size)
    test_images, test_labels = load_images(options.data, "t10k", TEST_IMAGES, options.size)
    targets, test_targets = OneClass(labels), OneClass(test_labels)
    data, training = ["--data-dir", options.data], []
    initial = random_network(made, options.seed, affine=not options.chapter_affine)
    with tempfile.TemporaryDirectory() as folder:
        for batch in options.batches:
            print(f"batch {batch}")
            # A table each: of a larger one, a limit would take a share of each label.
            if options.labels:
                targets, test_targets, data, training = several_labels(options, batch, os.path.join(folder, str(batch)))
            steps = Steps(options, data, training)
            check_batch(
                options, checks, steps, initial, images[:batch], targets[:batch], (test_images, test_targets),
                fresh=lambda: densenet(made),
            )
    checks.finish()


if __name__ == "__main__":
    main()
