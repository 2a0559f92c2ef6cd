#!/usr/bin/env python3
"""Inference passes of a network by a runtime of ONNX files: a peer of `densenet bench predict`.

    python Benchmarks/peers/onnx_inference.py --runtime openvino --precision bf16 --batch-size 16

Needs: pip install -r Benchmarks/requirements.txt

PyTorch exports the network in a process of its own, so that its memory is not counted here. On a fixed random batch,
two passes warm up, and the median of the others counts. With --check, weights and images are written for the program,
and the logits count. Prints one JSON line.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from networks import add_options, median_time, network, random_images, report, write_check


def export(options):
    """Writes `model.onnx`, `input.npy`, and what a check wants, into the folder. Runs in a process of its own."""
    import numpy as np
    import torch

    made, net = network(options.model)
    images = random_images(options.batch_size, made.input_channels, options.size)
    if options.check:
        write_check(options.check, net, images)
    np.save(os.path.join(options.export, "input.npy"), images.numpy())
    # Images are calibrated by one at a time.
    axes = {"input": {0: "n"}, "logits": {0: "n"}} if options.precision == "int8" else None
    torch.onnx.export(
        net.eval(), images, os.path.join(options.export, "model.onnx"), input_names=["input"], output_names=["logits"],
        dynamo=False, dynamic_axes=axes,
    )


def onnxruntime_session(path, options):
    """images -> logits, and the runtime's version. fp32: its CPU provider convolves in nothing less."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = options.threads, 1
    session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return lambda images: session.run(None, {"input": images})[0], onnxruntime.__version__


def openvino_session(path, options):
    """images -> logits, and the runtime's version."""
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if options.precision == "bf16" else "f32",
        "INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY",
    }
    core = openvino.Core()
    model = core.read_model(path)
    if options.precision == "int8":
        model = quantized(model, os.path.join(os.path.dirname(path), "input.npy"))
        channels = model.input(0).partial_shape[1].get_length()
        model.reshape([options.batch_size, channels, options.size, options.size])
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda images: request.infer({0: images})[0], openvino.__version__


def quantized(model, images):
    """By NNCF, which calibrates by the batch itself."""
    import nncf
    import numpy as np

    images = np.load(images)
    return nncf.quantize(model, nncf.Dataset([image[None] for image in images]), subset_size=len(images))


SESSIONS = {"onnxruntime": onnxruntime_session, "openvino": openvino_session}


def main():
    parser = argparse.ArgumentParser(description="Times inference of a network by a runtime of ONNX files.")
    add_options(parser, batch_size=1, size=224, repetitions=("repetitions", 15))
    add = parser.add_argument
    add("--runtime", default="onnxruntime", choices=list(SESSIONS), help="default: %(default)s")
    add("--check", metavar="FOLDER", help="write weights and images there and report logits, instead of timing")
    add("--export", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.export:
        return export(options)
    if options.runtime == "onnxruntime" and options.precision != "fp32":
        parser.error("--precision: ONNX Runtime's CPU provider takes this file in fp32 alone")

    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, *sys.argv[1:], "--export", folder]
        subprocess.run(command, check=True, stdout=sys.stderr)
        images = np.load(os.path.join(folder, "input.npy"))
        logits, version = SESSIONS[options.runtime](os.path.join(folder, "model.onnx"), options)
        if options.check:
            result = {"logits": logits(images).flatten().tolist()}
        else:
            result = {"images_per_second": options.batch_size / median_time(lambda: logits(images), options.repetitions)}
    report(runtime=options.runtime, version=version, precision=options.precision, **result)


if __name__ == "__main__":
    main()
