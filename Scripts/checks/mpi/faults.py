#!/usr/bin/env python3
"""Ends ranks in every way, and looks at what becomes of the job.

    make mpi && python3 Scripts/checks/mpi/faults.py             # 20 kills, and the other faults
    python3 Scripts/checks/mpi/faults.py --kills 3 --seed 7

Needs: Open MPI's or MPICH's mpirun, and a program built with MPI.

Each kill is `kill -9` of a random rank at a random moment: the job must end by itself within 30 s, and then go on with
another number of ranks from its newest checkpoint. The others: a rank that hangs, a damaged image on one rank, a full
disk, a loss that is not finite, other settings or other images on one rank. Each must end all ranks with a line that
says where, and where one machine has a status for it, with that.

Exit status: 0 if all is as it must be, 1 if not.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))  # where the modules are that scripts share
from ranks import LAUNCHER, launched

LIMIT = 30  # seconds
failures = 0


def report(what, is_good, details=""):
    global failures
    failures += not is_good
    print(f"  {'ok  ' if is_good else 'FAIL'}  {what}{': ' if details else ''}{details}", flush=True)


def options(folder, *more):
    return [
        "train", "--dataset", "fashion-mnist-sample", "--resize", 40, "--batch-size", 40, "--threads", 1, "--quiet",
        "--checkpoint-steps", 2, "--output", folder, *more]


def children(process):
    """-> the process ids of the ranks that mpirun has started, by rank"""
    result = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or b"densenet" not in (entry / "cmdline").read_bytes().split(b"\0")[0]:
                continue
            variables = dict(
                line.split(b"=", 1) for line in (entry / "environ").read_bytes().split(b"\0") if b"=" in line)
        except OSError:
            continue
        if variables.get(b"DENSENET_TEST_JOB") == str(process.job).encode():
            rank = variables.get(b"OMPI_COMM_WORLD_RANK", variables.get(b"PMI_RANK"))
            if rank is not None:
                result[int(rank)] = int(entry.name)
    return result


def start(command, job):
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, DENSENET_TEST_JOB=str(job)))
    process.job = job
    return process


def end(process, began):
    """-> status, standard error, seconds since then; a job that does not end is killed"""
    try:
        errors = process.communicate(timeout=LIMIT)[1]
    except subprocess.TimeoutExpired:
        for pid in children(process).values():
            os.kill(pid, signal.SIGKILL)
        process.kill()
        errors = process.communicate()[1]
        return None, errors, time.monotonic() - began
    return process.returncode, errors, time.monotonic() - began


def newest_step(folder):
    steps = [int(path.stem.split("-")[1]) for path in folder.glob("checkpoints/step-*.safetensors")]
    return max(steps, default=0)


def kill_ranks(arguments, place):
    print(f"kill -9 at {arguments.kills} random moments")
    generator = random.Random(arguments.seed)
    for number in range(arguments.kills):
        folder, ranks = place / f"kill-{number}", generator.choice([2, 3])
        process = start(launched(ranks, arguments.binary, *options(folder, "--epochs", 100)), number)
        moment, rank = generator.uniform(0.2, 8), generator.randrange(ranks)
        time.sleep(moment)
        pids = children(process)
        if rank in pids:
            os.kill(pids[rank], signal.SIGKILL)
        else:
            process.terminate()
        status, errors, seconds = end(process, time.monotonic())
        step = newest_step(folder)
        other = generator.choice([count for count in [0, 1, 2, 3] if count != ranks])
        goal = step + 3
        command = launched(other, arguments.binary, *options(folder, "--epochs", 100))
        resumed = subprocess.run(
            [*command, "--resume", "--max-steps", str(goal), "--json"], capture_output=True, text=True)
        # Before the folder is there, a new run begins.
        summary = json.loads(resumed.stdout) if resumed.returncode == 0 else {}
        goes_on = summary.get("steps") == goal and summary.get("resumed_from_step", 0) == step
        report(
            f"rank {rank} of {ranks} after {moment:.1f} s", status not in (0, None) and seconds < LIMIT and goes_on,
            f"ended after {seconds:.1f} s with {status}; step {step} resumed by {other or 'one process'}"
            + ("" if goes_on else f": {summary}{resumed.stderr[-600:]}"))
        shutil.rmtree(folder, ignore_errors=True)


def expect(what, command, status, *texts, job=0, meddle=None):
    process = start(command, job)
    began = time.monotonic()
    if meddle:
        meddle(process)
        began = time.monotonic()
    found, errors, seconds = end(process, began)
    lines = [line for line in errors.splitlines() if line.startswith("densenet: ")]
    is_good = (
        found == status and seconds < LIMIT
        and len([line for line in lines if all(text in line for text in texts)]) == 1)
    shown = "; ".join(line for line in lines if all(text in line for text in texts)) or errors[-600:]
    report(what, is_good, f"{seconds:.1f} s, status {found}: {shown}")


def hang(process):
    deadline = time.monotonic() + 20
    while len(children(process)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(4)
    process.stopped = children(process)[1]
    os.kill(process.stopped, signal.SIGSTOP)


def other_faults(arguments, place):
    print("other faults")
    binary = arguments.binary

    def two(folder, *words):
        return launched(2, binary, *options(place / folder, *words))

    def each(*commands):
        """One rank each."""
        words = []
        for command in commands:
            words += ([":"] if words else []) + ["-n", "1", binary, *map(str, command)]
        return [*LAUNCHER, *words]

    expect(
        "a rank hangs", two("hang", "--epochs", 100, "--mpi-timeout", 3), 74, "rank 1 on ", "gave no sign", job=101,
        meddle=hang)
    expect("the loss is not finite", two("nan", "--lr", 1e30, "--epochs", 2), 65, "training diverged")
    full = place / "full"
    full.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(full)], capture_output=True).returncode == 0:
        expect("the disk is full", two("full/run", "--max-steps", 4), 74, "rank 0 on ", "space")
        subprocess.run(["umount", str(full)])
    else:
        print("  --    the disk is full: not tried, as it needs a file system that root may mount")
    images = place / "images"
    make_images(images)
    other = place / "other" / "images"
    shutil.copytree(images, other)

    def train(folder, output):
        return ["train", "--dataset", f"folder:{folder}", "--resize", 40, "--batch-size", 8, "--threads", 1, "--quiet",
                "--model", "densenet-bc-40-12", "--epochs", 500, "--output", place / output]

    def damage(process):
        deadline = time.monotonic() + 20
        while not (place / "damaged/metrics.jsonl").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        for path in (other / "train").rglob("*.png"):
            path.write_bytes(path.read_bytes()[:-60] + bytes(60))

    expect(
        "images are damaged on one rank, meanwhile", each(train(images, "damaged"), train(other, "nothing")), 65,
        "rank 1 on ", ".png", meddle=damage)
    expect(
        "other settings on one rank", each(options(place / "s", "--lr", 0.1), options(place / "s", "--lr", 0.2)), 64,
        "rank 1 on ", "recipe.lr")
    expect(
        "other images on one rank",
        each(options(place / "i", "--train-limit", 200), options(place / "i", "--train-limit", 210)), 64,
        "rank 1 on ", "dataset")
    expect(
        "more threads than cores",
        [*LAUNCHER[:1], *LAUNCHER[4:], "--bind-to", "core", "-n", "2", binary,
         *options(place / "threads", "--max-steps", 1, "--test-limit", 40)[:7], "--threads", "7", "--quiet",
         "--max-steps", "1", "--test-limit", "40", "--output", place / "threads"],
        0, "warning", "threads share")


def make_images(place):
    """Grey images as PNG, of two classes."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    generator = random.Random(0)
    for part, count in [("train", 24), ("test", 8)]:
        for label, low in [("a", 0), ("b", 120)]:
            folder = place / part / label
            folder.mkdir(parents=True)
            for number in range(count):
                rows = b"".join(b"\0" + bytes(generator.randrange(low, low + 120) for _ in range(40)) for _ in range(40))
                (folder / f"{number}.png").write_bytes(
                    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 0, 0, 0, 0))
                    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--binary", default=".build/release/densenet", help="the program (default: %(default)s)")
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=0, help="of the moments (default: %(default)s)")
    arguments = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        kill_ranks(arguments, pathlib.Path(place))
        other_faults(arguments, pathlib.Path(place))
    print("all as it must be" if failures == 0 else f"{failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
