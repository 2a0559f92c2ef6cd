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
    torch.onnx.export(
        net.eval(), images, os.path.join(options.export, "model.onnx"), input_names=["input"], output_names=["logits"],
        dynamo=False,
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
    request = core.compile_model(core.read_model(path), "CPU", settings).create_infer_request()
    return lambda images: request.infer({0: images})[0], openvino.__version__


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
    if (options.runtime, options.precision) == ("onnxruntime", "bf16"):
        parser.error("--precision bf16: ONNX Runtime's CPU provider has no convolution in bf16")

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
