#!/usr/bin/env python3
"""Reads a run's TensorBoard events as TensorBoard does, and compares them with metrics.jsonl.

    python -m pip install tensorboard
    python Scripts/checks/check_events.py runs/first

Also after a resumed run, whose folder holds several files of events.
"""
import argparse
import json
import math
import pathlib
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {
    "train": {"train/loss": "train_loss", "train/accuracy": "train_accuracy", "learning_rate": "learning_rate"},
    "epoch": {
        "test/loss": "test_loss",
        "test/accuracy": "test_accuracy",
        "examples_per_second": "examples_per_second",
        "waiting_share": "waiting_share",
    },
}


def expected(path):
    """-> {tag: [(step, value)]}, in the file's order"""
    points = {}
    for line in path.read_text().splitlines():
        point = json.loads(line)
        for tag, key in TAGS[point["event"]].items():
            if point.get(key) is not None:
                points.setdefault(tag, []).append((point["step"], point[key]))
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path)
    run = parser.parse_args().run
    events = EventAccumulator(str(run), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    found = {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    failures = 0
    for tag, points in expected(run / "metrics.jsonl").items():
        values = found.pop(tag, [])
        # Events hold fp32.
        same = [a[0] for a in values] == [b[0] for b in points] and all(
            math.isclose(a[1], b[1], rel_tol=1e-6) for a, b in zip(values, points)
        )
        failures += not same
        print(f"  {'ok  ' if same else 'FAIL'}  {tag:<22} {len(values)} of {len(points)} points")
    for tag in found:
        failures += 1
        print(f"  FAIL  {tag}: not in metrics.jsonl")
    texts = [tag for tag in events.Tags()["tensors"] if events.SummaryMetadata(tag).plugin_data.plugin_name == "text"]
    settings = events.Tensors("settings")[0].tensor_proto.string_val[0].decode() if "settings" in texts else ""
    failures += "| seed |" not in settings
    print(f"  {'ok  ' if '| seed |' in settings else 'FAIL'}  settings: {settings.count(chr(10))} lines of text")
    print("TensorBoard reads the run's points" if failures == 0 else f"{failures} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
