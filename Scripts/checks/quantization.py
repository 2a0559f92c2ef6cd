#!/usr/bin/env python3
"""What weights of one byte cost: ours beside NNCF's, of the same network, calibrated by the same images.

    python3 Scripts/checks/quantization.py --weights model.safetensors --data ~/.cache/densenet/fashion-mnist

Needs: pip install numpy onnxruntime openvino nncf

The weights are those of a network for Fashion-MNIST, trained at any size. `densenet quantize` and NNCF get the same 300
training images. On the test images, prints for both: accuracy and its loss in points, the logits' error of those of fp32 (root of
the mean square, as a share of theirs), and their mean cosine. ONNX Runtime and OpenVINO run our exported graph, which must
give our program's own int8 logits to rounding.

Exit status: 0 within the limits, 1 outside them, 2 when a program fails.
"""

import argparse
import gzip
import json
import pathlib
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Checks, Program

CALIBRATION = 300  # the command's own number
LIMITS = {"drop": 0.2, "cosine": 0.99, "graph": 2e-2}


def read_idx(folder, name):
    path = next(p for p in [folder / name, folder / f"{name}.gz"] if p.exists())
    data = (gzip.open(path) if path.suffix == ".gz" else open(path, "rb")).read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_input(path, array):
    header = json.dumps({"input": {"dtype": "F32", "shape": list(array.shape), "data_offsets": [0, array.nbytes]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + array.astype("<f4").tobytes())


def read_tensor(path, name):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + size])[name]
    begin, end = entry["data_offsets"]
    return np.frombuffer(data[8 + size + begin:8 + size + end], "<f4").reshape(entry["shape"])


def preprocessing(weights):
    """Of the file's card: the side, mean and deviation."""
    data = weights.read_bytes()
    size = int.from_bytes(data[:8], "little")
    card = json.loads(json.loads(data[8:8 + size])["__metadata__"]["preprocessing"])
    side = card["resize"].get("exact", [28])[0]
    return side, np.float32(card.get("mean", [0])[0]), np.float32(card.get("std", [1])[0])


def prepared(images, side, mean, deviation):
    from PIL import Image

    if images.shape[1] != side:
        images = np.stack([np.asarray(Image.fromarray(i).resize((side, side), Image.BILINEAR)) for i in images])
    return ((images[:, None].astype(np.float32) / 255 - mean) / deviation).astype(np.float32)


def ours(program, weights, inputs, folder):
    write_input(folder / "input.safetensors", inputs)
    program.run(
        "predict", "--weights", weights, "--input-tensors", folder / "input.safetensors", "--output-tensors",
        folder / "logits.safetensors")
    return read_tensor(folder / "logits.safetensors", "logits")


def openvino_logits(model, inputs):
    import openvino

    request = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return np.concatenate([request.infer({0: inputs[i:i + 50]})[0] for i in range(0, len(inputs), 50)])


def nncf_logits(path, calibration, inputs):
    import nncf
    import openvino

    model = nncf.quantize(
        openvino.Core().read_model(path), nncf.Dataset([image[None] for image in calibration]),
        subset_size=len(calibration))
    return openvino_logits(model, inputs)


def onnxruntime_logits(path, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"input": inputs[i:i + 50]})[0] for i in range(0, len(inputs), 50)])


def error(found, wanted):
    return float(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))


def cosine(found, wanted):
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    return float(np.mean((found * wanted).sum(1) / lengths))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = arguments.add_argument
    Program.add_options(arguments)
    add("--weights", type=pathlib.Path, required=True)
    add("--data", type=pathlib.Path, required=True, help="the folder with Fashion-MNIST's files")
    add("--images", type=int, default=10000, help="for testing (default: %(default)s)")
    options = arguments.parse_args()
    train, test = (read_idx(options.data, f"{part}-images-idx3-ubyte") for part in ["train", "t10k"])
    labels = read_idx(options.data, "t10k-labels-idx1-ubyte")[:options.images]
    how = preprocessing(options.weights)
    calibration = prepared(train[[i * len(train) // CALIBRATION for i in range(CALIBRATION)]], *how)
    inputs = prepared(test[:options.images], *how)
    checks, program = Checks(), Program(options.binary, options.isa)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        quantized = folder / "int8.safetensors"
        print(program.run(
            "quantize", options.weights, "--calibrate", "fashion-mnist", "--data-dir", options.data, "--images",
            CALIBRATION, "--output", quantized, "--quiet").strip())
        for weights, kind in [(options.weights, "fp32"), (quantized, "int8")]:
            program.run("export", "--weights", weights, "--format", "onnx", "--output", folder / f"{kind}.onnx")
        exact, rounded = (ours(program, weights, inputs, folder) for weights in [options.weights, quantized])
        peer = nncf_logits(folder / "fp32.onnx", calibration, inputs)
        graphs = {
            "onnxruntime": onnxruntime_logits(folder / "int8.onnx", inputs),
            "openvino": openvino_logits(str(folder / "int8.onnx"), inputs)}
    accuracy = {name: 100 * float(np.mean(logits.argmax(1) == labels)) for name, logits in [
        ("fp32", exact), ("ours", rounded), ("nncf", peer)]}
    print(f"fp32: {accuracy['fp32']:.2f}% of {len(labels)} images")
    for name, logits in [("ours", rounded), ("nncf", peer)]:
        print(
            f"{name}: {accuracy[name]:.2f}% ({accuracy[name] - accuracy['fp32']:+.2f} points), error of the logits "
            f"{error(logits, exact):.4f}, cosine {cosine(logits, exact):.5f}")
    checks.at_most("points of accuracy that bytes cost", accuracy["fp32"] - accuracy["ours"], LIMITS["drop"])
    checks.at_most("1 - cosine of the logits", 1 - cosine(rounded, exact), 1 - LIMITS["cosine"])
    for name, logits in graphs.items():
        checks.at_most(f"{name}: error of the exported graph's logits", error(logits, rounded), LIMITS["graph"])
    checks.finish()


if __name__ == "__main__":
    main()
