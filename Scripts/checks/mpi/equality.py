#!/usr/bin/env python3
"""Compares training on several ranks with training in one process.

    make mpi && python3 Scripts/checks/mpi/equality.py                       # one update, 1 to 4 ranks
    python3 Scripts/checks/mpi/equality.py --ranks 2 --cases plain,rich      # fewer
    python3 Scripts/checks/mpi/equality.py --curves                          # an epoch, beside the spread of seeds

Needs: Open MPI's or MPICH's mpirun, and a program built with MPI.

One update of each case, by one process and by each number of ranks: the update's error |w - w1| / |w1 - w0| over all
parameters is at most 1e-5, and the running statistics' largest relative error of a tensor too; two runs of one number
of ranks leave the same bytes. With --curves: the losses of an epoch differ from one process's by no more than those of
three seeds among themselves, for each number of ranks; with norms of each rank's own the distance is shown alone.

Exit status: 0 within the limits, 1 outside them, 2 when the program fails.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))  # where the modules are that scripts share
from ranks import distance, is_statistic, launched, tensors
from program import Checks, Program

LIMIT = 1e-5
# Images that are trained on, in one batch or in several that make one update, and options.
CASES = {
    "plain": (10, ["--batch-size", 10]),  # 4 ranks: 3, 3, 2 and 2 images
    "empty": (3, ["--batch-size", 3]),  # a fourth rank has none
    "accumulated": (11, ["--batch-size", 4, "--accumulate", 3]),
    "rich": (9, [
        "--batch-size", 9, "--momentum", 0.9, "--clip-norm", 0.5, "--ema", 0.9, "--mixup", 0.4, "--flip",
        "--random-erasing", 0.5, "--label-smoothing", 0.1, "--weight-decay", 1e-3]),
    "cifar": (7, ["--batch-size", 7, "--model", "densenet-bc-40-12", "--resize", 32]),
    "dropout": (7, ["--batch-size", 7, "--model", "densenet-40-12", "--resize", 32, "--drop-rate", 0.2]),
    "bf16": (8, ["--batch-size", 8, "--precision", "bf16"]),
}
# Rounding to 8 bits turns with the last bit of what is rounded.
LIMITS = {"bf16": 2e-2}


def train(binary, folder, ranks, images, options, seed=0):
    command = launched(
        ranks, binary, "train", "--dataset", "fashion-mnist-sample", "--resize", 96, "--train-limit", images,
        "--test-limit", 16, "--threads", 1, "--seed", seed, "--quiet", "--json", "--output", folder, *options)
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        Program.fail(f"{' '.join(command)}\nended with {result.returncode}:\n{result.stderr[-2000:]}")
    return json.loads(result.stdout)


def compare_updates(arguments, folder, checks):
    for case in arguments.cases.split(","):
        images, options = CASES[case]
        limit = LIMITS.get(case, LIMIT)
        print(f"{case}: {images} images")
        steps = ["--max-steps", 1, *options]
        # A rate too small to move a weight leaves those of the start.
        train(arguments.binary, folder / f"{case}-start", 0, images, [*steps, "--lr", 1e-30])
        train(arguments.binary, folder / f"{case}-1", 0, images, [*steps, "--lr", 0.1])
        start, one = (tensors(folder / f"{case}-{name}/model.safetensors") for name in ["start", "1"])
        parameters = [name for name in one if not is_statistic(name)]
        moved = distance(one, start, parameters)
        for ranks in arguments.ranks:
            name = f"{case}-of-{ranks}"
            summary = train(arguments.binary, folder / name, ranks, images, [*steps, "--lr", 0.1])
            found = tensors(folder / name / "model.safetensors")
            checks.at_most(f"{ranks} ranks: the update's error", distance(found, one, parameters) / moved, limit)
            checks.at_most(
                f"{ranks} ranks: that of a running statistic",
                max(distance(found, one, [t]) / max(1e-30, distance(one, {t: [0] * len(one[t])}, [t]))
                    for t in one if is_statistic(t)), limit)
            checks.at_most(f"{ranks} ranks: ranks in the summary, less so many", abs(summary["ranks"] - ranks), 0)
            train(arguments.binary, folder / f"{name}-again", ranks, images, [*steps, "--lr", 0.1])
            same = all(
                (folder / name / file).read_bytes() == (folder / f"{name}-again" / file).read_bytes()
                for file in ["model.safetensors", "predictions.csv"])
            checks.at_most(f"{ranks} ranks: files that differ when it is run again", 0 if same else 1, 0)


def compare_curves(arguments, folder, checks):
    options = ["--batch-size", 64, "--epochs", 1, "--lr", 0.1]
    losses = [
        train(arguments.binary, folder / f"seed-{seed}", 0, 2000, options, seed)["train_loss"] for seed in range(3)]
    spread = max(losses) - min(losses)
    print(f"one process, three seeds: train losses {losses}, spread {spread:.4f}")
    for batch_norm in ["sync", "local"]:
        for ranks in arguments.ranks:
            name = f"curve-{batch_norm}-{ranks}"
            found = train(arguments.binary, folder / name, ranks, 2000, [*options, "--batch-norm", batch_norm])
            distance = abs(found["train_loss"] - losses[0])
            name = f"{ranks} ranks, {batch_norm}: distance of its train loss {found['train_loss']:.4f}"
            if batch_norm == "sync":
                checks.at_most(name, distance, spread)
            else:  # other statistics, of fewer images, make another network
                print(f"        {name}: {distance:.2e}")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--ranks", type=int, nargs="+", default=[1, 2, 3, 4])
    arguments.add_argument("--cases", default=",".join(CASES), help="default: %(default)s")
    arguments.add_argument("--curves", action="store_true", help="compare an epoch's losses instead")
    arguments = arguments.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        (compare_curves if arguments.curves else compare_updates)(arguments, pathlib.Path(folder), checks)
    checks.finish()


if __name__ == "__main__":
    main()
