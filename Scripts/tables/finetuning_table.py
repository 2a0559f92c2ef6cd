#!/usr/bin/env python3
"""Fine-tunes a network of nine classes for ten, on few images of each: the tables and the curve of docs/finetuning.md.

    data=~/.cache/densenet/fashion-mnist
    nice python3 Scripts/tables/finetuning_table.py --data $data --choose
    nice python3 Scripts/tables/finetuning_table.py --data $data --svg docs/images/finetuning.svg

The images are Fashion-MNIST's. Of each class's training images, the first 3,500 are for pre-training, which leaves one
class out; the next 500 are to choose settings on (`--choose`); the rest are four draws of up to 500 to fine-tune on. A
later call begins with the runs that lie in --work.

Needs: nothing but Python, and the program, built.
"""

import argparse
import csv
import gzip
import json
import pathlib
import shutil
import statistics
import struct
import sys
import typing
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
import finetuning_plot
from program import Program

CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot")
SIDE = 28
# Of each class, in the order of the file: images for pre-training, then those to choose settings on, then the draws.
PRETRAINING, CHOOSING, DRAW = 3500, 500, 500
# Images per class, the epochs on them, and the draws, of which --choose takes the first.
EPOCHS = {5: 80, 20: 60, 100: 20}
DRAWS = {5: (3, 0, 1), 20: (3, 0, 1), 100: (3,)}
FEW, MANY = (5, 20), (100,)
SGD = ("--optimizer", "sgd", "--momentum", 0.9, "--nesterov", "--weight-decay", 5e-4, "--schedule", "cosine")
IMAGES = ("--grey", "--crop-padding", 4, "--flip")
SCRATCH = ("--model", "d2l", "--resize", 32, "--normalize", "dataset")


class Way(typing.NamedTuple):
    """- options: None: from random weights
    - few: what --choose tries for FEW images, the chosen first: learning rates, and how many times as many epochs
    - many: the same for MANY
    """
    options: tuple | None
    few: tuple
    many: tuple


WAYS = {
    "from scratch": Way(
        None, ((0.03, 2), (0.03, 1), (0.03, 4), (0.1, 1), (0.1, 2)), ((0.1, 2), (0.03, 2))),
    "all weights": Way((), ((0.003, 1), (0.01, 1), (0.03, 1)), ((0.01, 1), (0.003, 1))),
    "all, norms frozen": Way(("--freeze-norm",), ((0.003, 1), (0.01, 1), (0.03, 1)), ((0.003, 1), (0.01, 1))),
    "all, features × 0.1": Way(("--features-lr-scale", 0.1), ((0.03, 1), (0.1, 1)), ((0.03, 1), (0.1, 1))),
    "two blocks frozen": Way(
        ("--freeze", "blocks:2"), ((0.01, 1), (0.003, 1), (0.03, 1)), ((0.01, 1), (0.03, 1))),
    "features frozen": Way(("--freeze", "features"), ((0.03, 1), (0.1, 1), (0.3, 1)), ((0.1, 1), (0.3, 1))),
}
# Within 0.005 of all weights in --choose, and measured no further.
NOT_MEASURED = {"all, features × 0.1"}


def read_idx(folder, name, header):
    """The bytes after the header of NAME.gz or NAME."""
    path = pathlib.Path(folder) / name
    zipped = path.with_name(name + ".gz")
    if zipped.exists():
        return gzip.decompress(zipped.read_bytes())[header:]
    if path.exists():
        return path.read_bytes()[header:]
    sys.exit(f"{folder}: found neither {zipped.name} nor {name}")


def png(pixels):
    """An image of SIDE × SIDE grey bytes as a PNG file."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + pixels[y * SIDE:(y + 1) * SIDE] for y in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


class Images:
    """Fashion-MNIST as PNG files, and tables of some of them."""

    def __init__(self, data, folder):
        self.folder = folder
        self.paths = {split: self._write(data, split) for split in ("train", "t10k")}

    def _write(self, data, split):
        """-> the paths of each class's images, in the order of the file"""
        labels = read_idx(data, f"{split}-labels-idx1-ubyte", 8)
        paths = [pathlib.Path(split) / f"{index:05}.png" for index in range(len(labels))]
        if not (self.folder / paths[-1]).exists():
            pixels = read_idx(data, f"{split}-images-idx3-ubyte", 16)
            (self.folder / split).mkdir(parents=True, exist_ok=True)
            for index, path in enumerate(paths):
                (self.folder / path).write_bytes(png(pixels[index * SIDE**2:(index + 1) * SIDE**2]))
        return [[path for path, label in zip(paths, labels) if label == index] for index in range(len(CLASSES))]

    def table(self, name, split, start, count, without=None):
        """-> the dataset of so many images of each class, from one of them on"""
        with open(self.folder / name, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["path", "label"])
            for label, paths in zip(CLASSES, self.paths[split]):
                if label != without:
                    rows.writerows([path.as_posix(), label] for path in paths[start:start + count])
        return f"csv:{self.folder / name}"

    def draw(self, size, number):
        """-> images to fine-tune on, none of which another draw has"""
        return self.table(f"draw-{size}-{number}.csv", "train", PRETRAINING + CHOOSING + number * DRAW, size)


class Experiment:
    def __init__(self, program, images, options):
        self.program, self.images, self.new = program, images, options.new
        self.runs = options.work / f"without-{options.new}"
        self.threads = ("--threads", options.threads) if options.threads else ()
        self.pretrained = self.runs / "pretrained" / "model.safetensors"

    def pretrain(self):
        """-> the accuracy on the test images of the nine classes"""
        dataset = self.images.table("pretraining.csv", "train", 0, PRETRAINING, without=self.new)
        test = self.images.table("test-of-nine.csv", "t10k", 0, 1000, without=self.new)
        return self._run(
            self.pretrained.parent, "tested", test, *SCRATCH, "--dataset", dataset, "--epochs", 6, "--batch-size", 128,
            "--lr", 0.1, "--warmup-epochs", 1, *SGD, *IMAGES)["accuracy"]

    def fine_tune(self, way, size, draw, settings=None, choosing=False):
        """-> the accuracy on all images, on those of the nine classes, and on those of the new one"""
        options, few, many = WAYS[way]
        rate, longer = settings or (few if size in FEW else many)[0]
        epochs = longer * EPOCHS[size]
        start = SCRATCH if options is None else ("--weights", self.pretrained, "--num-classes", len(CLASSES), *options)
        words = "".join(c if c.isalnum() else "-" for c in way).strip("-")
        folder = self.runs / f"{words}-{size}-{draw}-{rate}-{epochs}"
        tests = (self.images.table("choosing.csv", "train", PRETRAINING, CHOOSING) if choosing
                 else self.images.table("test.csv", "t10k", 0, 1000))
        result = self._run(
            folder, "chosen" if choosing else "tested", tests, *start, "--dataset", self.images.draw(size, draw),
            "--epochs", epochs, "--batch-size", 32, "--lr", rate, "--warmup-epochs", epochs / 10, "--seed", draw,
            *SGD, *IMAGES)
        recalls = {each["name"]: each["recall"] for each in result["classes"]}
        new = recalls.pop(self.new)
        return {"all": result["accuracy"], "nine": statistics.fmean(recalls.values()), "new": new}

    def _run(self, folder, name, tests, *options):
        """Trains and evaluates, unless that is done. -> what the evaluation says"""
        result = folder / name / "evaluation.json"
        if not (folder / "summary.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            self.program.run("train", *options, "--val-share", 0, *self.threads, "--output", folder, "--quiet")
            shutil.rmtree(folder / "checkpoints")
        if not result.exists():
            self.program.run(
                "evaluate", "--weights", folder / "model.safetensors", "--dataset", tests, "--output", result.parent,
                "--quiet", *self.threads)
        return json.loads(result.read_text())


def choose(experiment):
    """All settings, on the images for that."""
    for sizes, tried in ((FEW, "few"), (MANY, "many")):
        print("\n| way | rate | epochs | " + " | ".join(map(str, sizes)) + " |\n|---|---:|---:|" + "---:|" * len(sizes))
        for name, way in WAYS.items():
            for rate, longer in getattr(way, tried):
                cells = [experiment.fine_tune(name, size, DRAWS[size][0], (rate, longer), choosing=True)["all"]
                         for size in sizes]
                print(f"| {name} | {rate} | ×{longer} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |",
                      flush=True)


def measure(experiment):
    """-> the results of all draws, by way and size"""
    results = {way: {} for way in WAYS if way not in NOT_MEASURED}
    for size, draws in DRAWS.items():
        for way, of in results.items():
            of[size] = [experiment.fine_tune(way, size, draw) for draw in draws]
            print(f"{way}, {size}: {mean(of[size], 'all'):.3f}", file=sys.stderr, flush=True)
    return results


def mean(draws, part):
    return statistics.fmean(draw[part] for draw in draws)


def cell(draws, part):
    """The mean, and the least and the greatest."""
    values = [draw[part] for draw in draws]
    spread = f" ({min(values):.3f}–{max(values):.3f})" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{spread}"


def print_tables(results, new):
    for part, title in (("all", "all ten classes"), ("nine", "the nine classes"), ("new", f"the new class, {new}")):
        print(f"\n| {title} | " + " | ".join(map(str, EPOCHS)) + " |\n|---|" + "---:|" * len(EPOCHS))
        for way, sizes in results.items():
            print(f"| {way} | " + " | ".join(cell(draws, part) for draws in sizes.values()) + " |")


def main():
    arguments = argparse.ArgumentParser(description="Fine-tune on few images, in several ways.")
    arguments.add_argument("--data", required=True, help="the folder with Fashion-MNIST's files")
    arguments.add_argument("--new", choices=CLASSES, default="sneaker", help="the class left out of pre-training")
    arguments.add_argument("--choose", action="store_true", help="compare settings, on images kept for that")
    arguments.add_argument("--work", type=pathlib.Path, default=".build/finetuning", help="for images and runs")
    arguments.add_argument("--svg", type=pathlib.Path, help="where the curves are written")
    arguments.add_argument("--threads", type=int, help="default: one per core")
    Program.add_options(arguments)
    options = arguments.parse_args()
    images = Images(options.data, options.work / "images")
    experiment = Experiment(Program(options.binary, options.isa), images, options)
    print(f"Pre-trained: {experiment.pretrain():.3f} of the nine classes' test images", flush=True)
    if options.choose:
        return choose(experiment)
    results = measure(experiment)
    print_tables(results, options.new)
    if options.svg:
        lines = {way: [(size, mean(draws, "all")) for size, draws in sizes.items()] for way, sizes in results.items()}
        options.svg.write_text(finetuning_plot.document("Test accuracy", "images per class", lines))


if __name__ == "__main__":
    main()
