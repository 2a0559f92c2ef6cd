"""Whether ours and a peer compute the same: what is measured is compared first."""

import array
import json
import os
import sys
import tempfile

from .measure import run, run_json

# Relative difference of the mean loss of 1 and of 2 training steps. The first is the forward pass alone: bf16 keeps
# 8 bits of a number, and programs round at different places. An update amplifies rounding, small batches
# most: with 32 images PyTorch's channels_last is 3e-3 from its own float64 in fp32. A missing update is 3.5e-2 away.
TOLERANCES = {"fp32": {1: 1e-3, 2: 1e-2}, "bf16": {1: 2e-2, 2: 3e-2}}
SAMPLE_IMAGES = 2000  # training images in the sample inside the program
# Of logits: the largest difference, relative to the largest logit.
LOGIT_TOLERANCES = {"fp32": 1e-4, "bf16": 5e-2}


def record(peer, what, error, tolerance, **more):
    """A check's record. An error that is no number never passes."""
    return {"peer": peer, "what": what, **more, "error": error, "tolerance": tolerance, "passed": error <= tolerance}


def compare(peer, steps, ours, theirs, tolerance):
    """Of the mean losses of some steps."""
    error = abs(ours - theirs) / max(abs(theirs), 1e-30)
    return record(peer, f"mean loss of steps 1 to {steps}", error, tolerance, ours=ours, theirs=theirs)


def compare_logits(peer, ours, theirs, tolerance):
    """Of equally many logits."""
    worst = max((abs(a - b) for a, b in zip(ours, theirs, strict=True)), key=lambda e: float("inf") if e != e else e)
    return record(peer, "logits", worst / max(map(abs, theirs)), tolerance)


def read_floats(path, name):
    """A float32 tensor of a safetensors file, flat."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        begin, end = header[name]["data_offsets"]
        file.seek(begin, os.SEEK_CUR)
        values = array.array("f", file.read(end - begin))
    if sys.byteorder == "big":
        values.byteswap()
    return values


def logits(binary, peers, model, precision, threads, extra):
    """The logits of random images by a network with random weights and statistics, ours against each peer's."""
    for peer in peers:
        with tempfile.TemporaryDirectory() as folder:
            theirs = run_json([*peer.command, "--check", folder])["logits"]
            path = os.path.join(folder, "logits.safetensors")
            command = [binary, "predict", "--model", model, "--weights", os.path.join(folder, "weights.safetensors")]
            command += ["--input-tensors", os.path.join(folder, "input.safetensors"), "--output-tensors", path]
            run([*command, "--precision", precision, "--threads", threads, *extra])
            yield compare_logits(peer.name, read_floats(path, "logits"), theirs, LOGIT_TOLERANCES[precision])


def training_losses(binary, peers, model, batch, size, precision, threads, extra):
    """The mean losses of training steps from the same weights on the same images, ours against each peer's."""
    tolerances = TOLERANCES[precision]
    most = max(tolerances)
    batch = min(batch, SAMPLE_IMAGES // most)
    for peer in peers:
        with tempfile.TemporaryDirectory() as folder:
            weights = os.path.join(folder, "initial.safetensors")
            losses = run_json([*peer.command, "--batch-size", batch, "--steps", most, "--check", weights])["losses"]
            for steps, tolerance in tolerances.items():
                command = [binary, "train", "--model", model, "--dataset", "fashion-mnist-sample", "--resize", size]
                command += ["--init", weights]
                command += ["--no-shuffle", "--max-steps", steps, "--batch-size", batch, "--train-limit", most * batch]
                command += ["--test-limit", 1, "--lr", 0.1, "--precision", precision, "--threads", threads, *extra]
                command += ["--output", os.path.join(folder, f"run-{steps}"), "--quiet", "--json"]
                ours, theirs = run_json(command)["train_loss"], sum(losses[:steps]) / steps
                yield compare(peer.name, steps, ours, theirs, tolerance)
