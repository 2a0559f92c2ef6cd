#!/usr/bin/env python3
"""Checks ONNX both ways against PyTorch's float64, by the command line.

    python -m pip install torch==2.13.0 numpy safetensors onnx onnxscript onnxruntime openvino
    python Scripts/checks/check_onnx.py --densenet .build/release/densenet

For each network, with random weights and running statistics:

- `densenet export` writes a model, for one size and for any; onnx.checker.check_model(full_check=True) must pass it, and
  ONNX Runtime and OpenVINO must give PyTorch's logits, at another batch size too;
- `densenet convert` must bring the model back bit for bit;
- `densenet predict --input-tensors` must give PyTorch's logits from what PyTorch's two exporters write.

An error is the largest difference of a logit from float64's, over the largest logit; it may be 1e-4. Exit status 1 where
one is larger.
"""

import argparse
import contextlib
import copy
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
import onnx
import onnxruntime
import openvino
import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from densenet_torch import configuration, random_network

LIMIT = 1e-4
MODELS = ["densenet121", "densenet-bc-100-12", "densenet-40-12", "d2l"]
EXPORTERS = {"torchscript": dict(dynamo=False), "dynamo": dict(dynamo=True)}


def relative(logits, reference):
    return float(numpy.abs(logits - reference).max() / numpy.abs(reference).max())


def by_onnxruntime(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"input": x.numpy()})[0]


def by_openvino(path, x):
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(str(path), "CPU", hints)([x.numpy()])["logits"]


class Checks:
    def __init__(self, program, folder):
        self.program, self.folder, self.failed = program, folder, False

    def run(self, *arguments):
        command = [str(a) for a in (self.program, *arguments)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{' '.join(command)}: {result.stderr.strip()}")
        return result.stdout

    def report(self, model, what, error):
        self.failed |= not error <= LIMIT
        print(f"{model:20} {what:36} {error:.1e}{'' if error <= LIMIT else '  TOO LARGE'}", flush=True)

    def exported(self, model, network, reference, images):
        state = {name: value.clone() for name, value in network.state_dict().items()}
        weights, path, back = (self.folder / name for name in ("w.safetensors", "m.onnx", "back.safetensors"))
        save_file(state, weights, {"model": model, "class_names": json.dumps(["ä", "b"])})
        for size in (images[0].shape[-1], "any"):
            shape = self.run("export", "--weights", weights, "--output", path, "--input-size", size, "--json")
            assert json.loads(shape)["opset"] == 17, shape
            proto = onnx.load(path)
            onnx.checker.check_model(proto, full_check=True)
            notes = {entry.key: entry.value for entry in proto.metadata_props}
            assert json.loads(notes["class_names"]) == ["ä", "b"] and notes["model"] == model, notes
            for runtime in (by_onnxruntime, by_openvino):
                error = max(relative(runtime(path, x), logits) for x, logits in zip(images, reference))
                self.report(model, f"ours, size {size}, {runtime.__name__[3:]}", error)
        self.run("convert", path, back)
        for name, value in load_file(back).items():
            if not name.endswith("num_batches_tracked"):
                assert value.numpy().tobytes() == state[name].numpy().tobytes(), f"{model}: {name} comes back changed"

    def imported(self, model, network, reference, x):
        tensors, logits = self.folder / "x.safetensors", self.folder / "y.safetensors"
        save_file({"input": x}, tensors)
        for name, options in EXPORTERS.items():
            path = self.folder / f"{name}.onnx"
            with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
                warnings.simplefilter("ignore")
                torch.onnx.export(network, (x,), str(path), input_names=["input"], output_names=["logits"], **options)
            self.run("predict", "--weights", path, "--input-tensors", tensors, "--output-tensors", logits)
            self.report(model, f"PyTorch's ({name}), here", relative(load_file(logits)["logits"].numpy(), reference))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--densenet", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--models", nargs="+", default=MODELS, help="(default: all of %(default)s)")
    options = arguments.parse_args()
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as folder:
        checks = Checks(options.densenet, pathlib.Path(folder))
        for seed, model in enumerate(options.models):
            numbers = configuration(model)
            network = random_network(numbers, seed=seed).eval()
            torch.manual_seed(1000 + seed)
            images = [
                torch.randn(count, numbers.input_channels, numbers.image_side, numbers.image_side) for count in (2, 1)
            ]
            with torch.no_grad():
                double = copy.deepcopy(network).double()
                reference = [double(x.double()).numpy() for x in images]
            checks.exported(model, network, reference, images)
            checks.imported(model, network, reference[0], images[0])
    return int(checks.failed)


if __name__ == "__main__":
    sys.exit(main())
