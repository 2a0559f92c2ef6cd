"""Whether ours and a peer compute the same: what is measured is compared first."""

import os
import tempfile

from .measure import run_json

# Relative difference of the mean loss of 1 and of 2 training steps. The first is the forward pass alone: bf16 keeps
# 8 bits of a number, and programs round at different places. An update amplifies rounding, small batches
# most: with 32 images PyTorch's channels_last is 3e-3 from its own float64 in fp32. A missing update is 3.5e-2 away.
TOLERANCES = {"fp32": {1: 1e-3, 2: 1e-2}, "bf16": {1: 2e-2, 2: 3e-2}}
SAMPLE_IMAGES = 2000  # training images in the sample inside the program


def compare(peer, steps, ours, theirs, tolerance):
    """A check's record. Losses that are no numbers never pass."""
    error = abs(ours - theirs) / max(abs(theirs), 1e-30)
    losses = {"ours": ours, "theirs": theirs, "relative_error": error}
    return {"peer": peer, "steps": steps, **losses, "tolerance": tolerance, "passed": error <= tolerance}


def training_losses(binary, peers, batch, size, precision, threads, extra):
    """The mean losses of training steps from the same weights on the same images, ours against each peer's."""
    tolerances = TOLERANCES[precision]
    most = max(tolerances)
    batch = min(batch, SAMPLE_IMAGES // most)
    for peer in peers:
        with tempfile.TemporaryDirectory() as folder:
            weights = os.path.join(folder, "initial.safetensors")
            losses = run_json([*peer.command, "--batch-size", batch, "--steps", most, "--check", weights])["losses"]
            for steps, tolerance in tolerances.items():
                command = [binary, "train", "--dataset", "fashion-mnist-sample", "--resize", size, "--init", weights]
                command += ["--no-shuffle", "--max-steps", steps, "--batch-size", batch, "--train-limit", most * batch]
                command += ["--test-limit", 1, "--lr", 0.1, "--precision", precision, "--threads", threads, *extra]
                command += ["--output", os.path.join(folder, f"run-{steps}"), "--quiet", "--json"]
                ours, theirs = run_json(command)["train_loss"], sum(losses[:steps]) / steps
                yield compare(peer.name, steps, ours, theirs, tolerance)
