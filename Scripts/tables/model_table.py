#!/usr/bin/env python3
"""Writes the documentation's table of models: parameters, multiply-adds, memory, speed of inference.

    python3 Scripts/tables/model_table.py                                 # measures, and changes docs/models.md and docs/zh/models.md
    python3 Scripts/tables/model_table.py --models d2l densenet121 --repetitions 3 --print

Needs nothing but Python. The numbers are the program's own: `densenet summary --json` counts and predicts the memory
of training, `densenet bench predict --json` measures, each time in a process of its own. Nothing else should run.
"""

import argparse
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))  # where the modules are that scripts share
from program import Program

MODELS = (
    "densenet121", "densenet169", "densenet201", "densenet161", "densenet264", "densenet-40-12", "densenet-bc-100-12",
    "densenet-bc-190-40", "d2l",
)
BEGIN, END = "<!-- models -->", "<!-- /models -->"
TRAINED, ANSWERED = 32, (1, 16)  # batch sizes
BUSY = 0.5  # a load average above this disturbs a measurement
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
# A page's columns and the words around them.
WORDS = {
    "docs/models.md": {
        "columns": (
            "`--model`", "images", "parameters", "multiply-adds", "training, MiB", "training bf16, MiB", "recomputing, MiB",
            "inference, MiB", "fp32, batch 1, images/s", "fp32, batch 16", "bf16, batch 1", "bf16, batch 16",
        ),
        "note": "Training: the predicted peak of a step on {batch} images, in fp32, in bf16, and in bf16 with "
        "`--memory-efficient`. Inference: the measured peak in fp32 at batch 16, then images/s. {threads} threads, {isa}, "
        "multiply-add peak {peak:.0f} GFLOP/s. (`Scripts/tables/model_table.py`)",
        "busy": " The machine was busy (load average {load:.1f} at the start), so the speeds are unreliable.",
    },
    "docs/zh/models.md": {
        "columns": (
            "`--model`", "图像", "参数", "乘加", "训练 MiB", "训练 bf16 MiB", "重算 MiB", "推理 MiB", "fp32 批 1", "批 16",
            "bf16 批 1", "批 16",
        ),
        "note": "训练：一步 {batch} 张图像的预计峰值内存，依次为 fp32、bf16、bf16 加 `--memory-efficient`。推理：fp32、批 16 "
        "时实测的峰值内存，以及每秒图像数。{threads} 个线程，{isa}，乘加峰值 {peak:.0f} GFLOP/s。（`Scripts/tables/model_table.py`）",
        "busy": "测量时机器另有负载（开始时平均负载 {load:.1f}），其中的速度不可作准。",
    },
}


def mebibytes(count):
    return f"{count / 2**20:,.0f}"


def rate(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def measure(model, program, options):
    """A model's cells, and one of its measurements."""
    shared = ["--model", model, *(["--threads", options.threads] if options.threads else [])]
    summary = program.json("summary", *shared)

    def training(*more):
        report = program.json("summary", *shared, "--memory", "--batch-size", TRAINED, *more)
        return mebibytes(report["memory"]["peak_memory_bytes"])

    bench = ["bench", "predict", *shared, "--repetitions", options.repetitions]
    runs = {
        (precision, batch): program.json(*bench, "--precision", precision, "--batch-size", batch)
        for precision in ("fp32", "bf16")
        for batch in ANSWERED
    }
    _, channels, height, width = summary["input_shape"]
    cells = [
        f"`{model}`", f"{channels}×{height}×{width}", f"{summary['parameters']:,}",
        f"{summary['multiply_adds'] / 1e9:.2f} G", training(), training("--precision", "bf16"),
        training("--precision", "bf16", "--memory-efficient"), mebibytes(runs["fp32", 16]["peak_memory_bytes"]),
        *(rate(run["images_per_second"]) for run in runs.values()),
    ]
    return cells, runs["fp32", 16]


def table(words, rows, bench, load):
    lines = [words["columns"], ("---", *("---:" for _ in words["columns"][1:])), *rows]
    note = (words["note"] + (words["busy"] if load > BUSY else "")).format(
        batch=TRAINED, threads=bench["threads"], isa=bench["instruction_set"], peak=bench["peak_gflops_per_second"],
        load=load,
    )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + f"\n\n{note}\n"


def replace(path, text):
    """Puts the text between the markers of a file."""
    old = path.read_text()
    new, count = re.subn(f"(?s)({re.escape(BEGIN)}\n).*?({re.escape(END)}\n)", lambda m: m[1] + text + m[2], old)
    if count != 1:
        Program.fail(f"{path}: expected {BEGIN} and {END}, each on a line of its own, once; put them where the table goes")
    path.write_text(new)


def main():
    arguments = argparse.ArgumentParser(description="Write the documentation's table of models.")
    add = arguments.add_argument
    Program.add_options(arguments)
    add("--models", nargs="+", default=MODELS, help="names or JSON files (default: the table's)")
    add("--repetitions", type=int, default=15, help="timed passes (default: %(default)s)")
    add("--threads", type=int, help="passed to densenet (default: its own)")
    add("--print", action="store_true", help="print the English table instead of changing files")
    options = arguments.parse_args()
    program, rows, load = Program(options.binary, options.isa), [], os.getloadavg()[0]
    for model in options.models:
        cells, bench = measure(model, program, options)
        rows.append(cells)
        if options.print:
            print(" ".join(cells), flush=True)
    for name, words in WORDS.items():
        text = table(words, rows, bench, load)
        if options.print:
            return print(f"\n{text}")
        replace(REPOSITORY / name, text)


if __name__ == "__main__":
    main()
