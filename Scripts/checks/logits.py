#!/usr/bin/env python3
"""Compares `densenet predict` with PyTorch in float64: the logits of every kind of network, from every kind of file.

    python Scripts/checks/logits.py --binary .build/release/densenet
    python Scripts/checks/logits.py --models densenet121 --formats pth old-names --precisions bf16

Needs: pip install torch==2.13.0 numpy safetensors

Each network gets random weights and running statistics and random images. Its weights are written as safetensors, as
PyTorch's own `.pth`, and by torchvision's older names (`norm.1`, `conv.2`, as its published files have them), which the
program reads itself. The error is the largest difference of a logit, relative to the largest logit.

Exit status: 0 within the limits, 1 outside them, 2 when the program fails.
"""

import argparse
import os
import pathlib
import re
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from densenet_torch import TABLE_1, configuration, random_network
from program import Checks, Program

MODELS = [*TABLE_1, "densenet-bc-100-12", "densenet-40-12", "d2l"]
LIMITS = {"fp32": 1e-4, "bf16": 3e-2}


def write_safetensors(state, path):
    save_file(state, path)


def write_pth(state, path):
    torch.save(state, path)


def write_old_names(state, path):
    """As torchvision's published files name the parts of a layer: `norm.1`, `conv.1`, `norm.2`, `conv.2`."""
    torch.save({re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): t for name, t in state.items()}, path)


FORMATS = {
    "safetensors": ("safetensors", write_safetensors),
    "pth": ("pth", write_pth),
    "old-names": ("pth", write_old_names),
}


def check(model, options, program, checks, folder):
    made = configuration(model)
    network = random_network(made, options.seed).eval()
    images = torch.randn(options.batch_size, made.input_channels, made.image_side, made.image_side)
    with torch.no_grad():
        reference = network.double()(images.double())
    network.float()
    inputs, outputs = os.path.join(folder, "input.safetensors"), os.path.join(folder, "logits.safetensors")
    save_file({"input": images}, inputs)
    print(f"{model}, {len(images)} images of {made.image_side}×{made.image_side}, largest logit {reference.abs().max():.3f}")
    for name in options.formats:
        if name == "old-names" and made.naming != "torchvision":
            continue
        ending, write = FORMATS[name]
        weights = os.path.join(folder, f"weights.{ending}")
        write(network.state_dict(), weights)
        for precision in options.precisions:
            program.run(
                "predict", "--model", model, "--weights", weights, "--input-tensors", inputs, "--output-tensors",
                outputs, "--precision", precision, "--convolution", options.convolution,
            )
            difference = load_file(outputs)["logits"].double() - reference
            error = float(difference.abs().max() / reference.abs().max())
            checks.at_most(f"{name}, {precision}", error, LIMITS[precision])


def main():
    arguments = argparse.ArgumentParser(description="Logits of `densenet predict` against PyTorch in float64.")
    add = arguments.add_argument
    Program.add_options(arguments)
    add("--models", nargs="+", default=MODELS, help="names or JSON files (default: %(default)s)")
    add("--formats", nargs="+", default=list(FORMATS), choices=list(FORMATS), help="of the weights (default: all)")
    add("--precisions", nargs="+", default=list(LIMITS), choices=list(LIMITS), help="default: %(default)s")
    add("--convolution", default="auto", help="passed to `densenet predict` (default: %(default)s)")
    add("--batch-size", type=int, default=3, help="images (default: %(default)s)")
    add("--seed", type=int, default=0, help="of weights and images (default: %(default)s)")
    options = arguments.parse_args()
    program, checks = Program(options.binary, options.isa), Checks()
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            check(model, options, program, checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
