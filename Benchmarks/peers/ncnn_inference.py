#!/usr/bin/env python3
"""Inference passes of a network by ncnn: a peer of `densenet bench predict`.

    python Benchmarks/peers/ncnn_inference.py --precision bf16 --batch-size 1

Needs: pip install -r Benchmarks/requirements.txt

PyTorch and pnnx convert the network in a process of its own, so that its memory is not counted here. ncnn takes one image
at a time: a batch is that many passes. Two batches warm up, and the median of the others counts. With --check, weights and
images are written for the program, and the logits count. Prints one JSON line.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from networks import add_options, median_time, network, random_images, report, write_check


def convert(options):
    """Writes `net.ncnn.param`, `net.ncnn.bin`, `input.npy`, and what a check wants. Runs in a process of its own."""
    import numpy as np
    import pnnx

    made, net = network(options.model)
    images = random_images(options.batch_size, made.input_channels, options.size)
    if options.check:
        write_check(options.check, net, images)
    np.save(os.path.join(options.convert, "input.npy"), images.numpy())
    os.chdir(options.convert)
    # What its passes leave in half precision here is the precision that a user gets only by asking for it.
    pnnx.export(net.eval(), "net.pt", (images[:1],), fp16=False)


def session(folder, options):
    """images -> logits of each"""
    import ncnn
    import numpy as np

    net = ncnn.Net()
    net.opt.num_threads = options.threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = options.precision == "bf16"
    net.load_param(os.path.join(folder, "net.ncnn.param"))
    net.load_model(os.path.join(folder, "net.ncnn.bin"))

    def logits(images):
        rows = []
        for image in images:
            extractor = net.create_extractor()
            extractor.input("in0", ncnn.Mat(image).clone())
            status, out = extractor.extract("out0")
            if status != 0:
                raise RuntimeError(f"ncnn: extract ended with {status}")
            rows.append(np.array(out).reshape(-1))
        return np.stack(rows)

    return logits, ncnn.__version__


def main():
    parser = argparse.ArgumentParser(description="Times inference of a network by ncnn.")
    add_options(parser, batch_size=1, size=224, repetitions=("repetitions", 15))
    add = parser.add_argument
    add("--check", metavar="FOLDER", help="write weights and images there and report logits, instead of timing")
    add("--convert", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.check:
        options.check = os.path.abspath(options.check)
    if options.convert:
        return convert(options)

    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--convert", folder]
        subprocess.run(command, check=True, stdout=sys.stderr)
        images = np.load(os.path.join(folder, "input.npy"))
        logits, version = session(folder, options)
        if options.check:
            result = {"logits": logits(images).flatten().tolist()}
        else:
            result = {"images_per_second": options.batch_size / median_time(lambda: logits(images), options.repetitions)}
    report(runtime="ncnn", version=version, precision=options.precision, **result)


if __name__ == "__main__":
    main()
