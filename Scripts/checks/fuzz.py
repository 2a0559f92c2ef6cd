#!/usr/bin/env python3
"""Feeds the readers of foreign bytes with changed files, and says what came of it: `make fuzz`.

    Scripts/checks/fuzz.py PROGRAM --work FOLDER [--targets png,csv] [--seconds 60 | --runs 1000000]

PROGRAM is that of the package in Fuzz. What the fuzzer learns stays in FOLDER: the inputs that reach something new
(corpus), a log for each target (logs), inputs that ended the program (findings), and all executions so far
(executions.json). Ends with status 1 where there are findings. Needs nothing but Python.
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = "Tests/DenseNetDataTests/Fixtures/images"
# What the tests have for a target, in addition to its folder in Fuzz/corpus.
FIXTURES = {
    **{kind: [f"{IMAGES}/{kind}/**/*"] for kind in ["jpeg", "png", "webp", "gif", "bmp", "tiff"]},
    "exif": [f"{IMAGES}/*/metadata/*", f"{IMAGES}/*/orientation/*", f"{IMAGES}/webp/*exif*"],
    "safetensors": ["Tests/Fixtures/safetensors/*", "Tests/Fixtures/pytorch/**/*.safetensors"],
    "checkpoint": ["Tests/Fixtures/pytorch/**/*.pth", "Tests/Fixtures/wrapped/**/*.pth"],
    "zip": ["Tests/Fixtures/pytorch/containers/*", "Tests/Fixtures/pytorch/refused/*"],
    "onnx": ["Tests/Fixtures/onnx/*.onnx", "Tests/Fixtures/onnx-variants/**/*.onnx"],
}
# Longer inputs are not tried: their readers are as fast as they are short.
LENGTHS = {
    "onnx": 1 << 15, "checkpoint": 1 << 14,
    **{name: 1 << 13 for name in ["zip", "run-config", "safetensors", "pickle"]},
}
LENGTH = 1 << 12
LIMITS = ["-rss_limit_mb=2048", "-malloc_limit_mb=1024", "-timeout=10"]
HEADS = ["target", "executions", "per second", "coverage", "features", "new inputs", "findings", "executions in all"]


def seeds(target, folder):
    """-> a folder with the fixtures of a target that are short enough"""
    target_folder = folder / target
    target_folder.mkdir(parents=True)
    for pattern in FIXTURES.get(target, []):
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and path.stat().st_size <= LENGTHS.get(target, LENGTH):
                content = path.read_bytes()
                (target_folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    return target_folder


def last(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


class Fuzzer:
    def __init__(self, program, work, scratch):
        self.program = str(pathlib.Path(program).resolve())
        self.work = work
        self.scratch = scratch
        for name in ["corpus", "findings", "logs"]:
            (work / name).mkdir(parents=True, exist_ok=True)

    def targets(self):
        return subprocess.run([self.program], capture_output=True, text=True, check=True).stdout.split()

    def run(self, target, budget):
        """-> the row of a target"""
        corpus = self.work / "corpus" / target
        corpus.mkdir(exist_ok=True)
        before = set((self.work / "findings").iterdir())
        own, dictionary = ROOT / "Fuzz/corpus" / target, ROOT / "Fuzz/dictionaries" / f"{target}.dict"
        command = [
            self.program, *LIMITS, *budget, f"-max_len={LENGTHS.get(target, LENGTH)}", "-print_final_stats=1",
            f"-artifact_prefix={self.work}/findings/{target}-",
            *([f"-dict={dictionary}"] if dictionary.exists() else []),
            str(corpus), *([str(own)] if own.exists() else []), str(seeds(target, self.scratch / "seeds")),
        ]
        environment = dict(
            os.environ, FUZZ_TARGET=target, FUZZ_SCRATCH=str(self.scratch), SWIFT_BACKTRACE="enable=no",
            LSAN_OPTIONS=f"suppressions={ROOT}/Fuzz/leaks.txt:print_suppressions=0",
            # Memory that was given back stays out of use for a shorter while, so that little of it is enough.
            ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=8")
        log = self.work / "logs" / f"{target}.log"
        with open(log, "w") as output:
            status = subprocess.run(command, env=environment, stdout=output, stderr=output).returncode
        text = log.read_text(errors="replace")
        executions = last(r"stat::number_of_executed_units: (\d+)", text)
        found = sorted(path.name for path in set((self.work / "findings").iterdir()) - before)
        if status != 0 and not found:
            found = [f"status {status}, see {log}"]
        return {
            "executions": executions, "per second": last(r"stat::average_exec_per_sec: +(\d+)", text),
            "coverage": last(r"cov: (\d+)", text), "features": last(r"ft: (\d+)", text),
            "new inputs": last(r"stat::new_units_added: +(\d+)", text), "findings": found,
            "executions in all": self.count(target, executions),
        }

    def count(self, target, executions):
        """-> the executions of a target in all runs"""
        path = self.work / "executions.json"
        counts = json.loads(path.read_text()) if path.exists() else {}
        counts[target] = counts.get(target, 0) + executions
        path.write_text(json.dumps(counts, indent=2) + "\n")
        return counts[target]


def table(rows):
    cells = [HEADS] + [[name] + [f"{row[head]:,}" if head != "findings" else str(len(row[head])) for head in HEADS[1:]]
                       for name, row in rows.items()]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADS))]
    for line in cells:
        print("  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("program")
    arguments.add_argument("--work", type=pathlib.Path, required=True)
    arguments.add_argument("--targets", default="", help="names with commas between them (default: all)")
    arguments.add_argument("--seconds", type=int, default=10, help="for each target (default: %(default)s)")
    arguments.add_argument("--runs", type=int, help="executions of each target instead")
    options = arguments.parse_args()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="densenet-fuzz-", dir=memory))
    try:
        fuzzer = Fuzzer(options.program, options.work.resolve(), scratch)
        known = fuzzer.targets()
        names = options.targets.split(",") if options.targets else known
        for name in names:
            if name not in known:
                sys.exit(f"{name}: expected one of {', '.join(known)}")
        budget = [f"-runs={options.runs}"] if options.runs else [f"-max_total_time={options.seconds}"]
        rows = {}
        for name in names:
            print(name, file=sys.stderr, flush=True)
            rows[name] = fuzzer.run(name, budget)
    finally:
        shutil.rmtree(scratch)
    table(rows)
    findings = [f"{name}: {found}" for name, row in rows.items() for found in row["findings"]]
    if findings:
        print("\n" + "\n".join(findings))
        sys.exit(1)


if __name__ == "__main__":
    main()
