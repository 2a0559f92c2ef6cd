#!/usr/bin/env python3
"""Inference passes of a network in PyTorch: a peer of `densenet bench predict`.

    python Benchmarks/peers/torch_inference.py --mode compile --precision bf16 --batch-size 16

Needs: pip install -r Benchmarks/requirements.txt; the modes `compile` and `freezing` want a C++ compiler too

On a fixed random batch, two passes warm up, and the median of the others counts. With --check, weights and images are
written for the program, and the logits count. Prints one JSON line.
"""

import argparse

import torch
from networks import add_options, median_time, network, random_images, report, write_check


def main():
    parser = argparse.ArgumentParser(description="Times inference of a network in PyTorch.")
    add_options(parser, batch_size=1, size=224, repetitions=("repetitions", 15))
    add = parser.add_argument
    add("--mode", default="channels_last", choices=["channels_last", "compile", "freezing"], help="default: %(default)s")
    add("--check", metavar="FOLDER", help="write weights and images there and report logits, instead of timing")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    made, net = network(options.model)
    images = random_images(options.batch_size, made.input_channels, options.size)
    if options.check:
        write_check(options.check, net, images)
    net = net.eval().to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
    if options.mode == "freezing":  # folds batch norms, and packs weights once: TORCHINDUCTOR_FREEZING=1
        from torch._inductor import config

        config.freezing = True
    forward = net if options.mode == "channels_last" else torch.compile(net)

    def logits():
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
            return forward(images)

    if options.check:
        result = {"logits": logits().float().flatten().tolist()}
    else:
        result = {"images_per_second": options.batch_size / median_time(logits, options.repetitions)}
    report(torch=torch.__version__, mode=options.mode, precision=options.precision, **result)


if __name__ == "__main__":
    main()
