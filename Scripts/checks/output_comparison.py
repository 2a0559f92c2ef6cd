"""Compares what two versions of the program left, file by file. Times and rates are left out."""

import json
import pathlib
import re
import struct

# Differ between any two runs.
TIMES = {"seconds", "examples_per_second", "images_per_second", "waiting_share", "peak_memory_bytes", "milliseconds"}
# What may be rounded otherwise without being another result, and by how much: loss sums where an evaluation uses
# another engine. The table says so.
ROUNDED = {"test_loss": 1e-5}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [without_times(item) for item in value]
    return value


def tensors(path, prefix=""):
    """-> {name: (type, shape, bytes)} of a safetensors file's tensors whose names begin with `prefix`"""
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    result = {}
    for name, entry in header.items():
        if name != "__metadata__" and name.startswith(prefix):
            begin, end = entry["data_offsets"]
            result[name] = (entry["dtype"], entry["shape"], data[start + begin : start + end])
    return result


def metrics(path):
    """-> the points of a run, without times"""
    return [without_times(json.loads(line)) for line in pathlib.Path(path).read_text().splitlines()]


def difference(before, after, rounded=()):
    """-> what differs between two JSON values, in the keys that both have; None where nothing does

    Differences of the keys in `rounded` that are no larger than rounding are appended to `rounded` instead.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() & after.keys() - TIMES:
            old, new = before[key], after[key]
            if isinstance(rounded, list) and key in ROUNDED and isinstance(old, float) and old != new:
                if abs(old - new) <= ROUNDED[key] * abs(old):
                    rounded.append(f"{key} rounded otherwise, by {abs(old - new) / abs(old):.0e}")
                    continue
            found = difference(old, new, rounded)
            if found:
                return f"{key}: {found}" if not found.startswith(("[", ".")) else key + found
        return None
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after)):
            found = difference(old, new, rounded)
            if found:
                return f"[{index}] {found}"
        return None
    return None if before == after else f"{shortened(before)} before, {shortened(after)} after"


def shortened(value):
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def text(path, folder):
    """-> a file's bytes without the folder in which the program ran, and without rates"""
    data = path.read_bytes().replace(str(folder).encode(), b"FOLDER")
    return re.sub(rb"[\d.]+ examples/sec", b"N examples/sec", data)


def compare(name, before_folder, after_folder):
    """-> (what differs, or None; a remark, or "") of the files of one name in two folders"""
    before, after = before_folder / name, after_folder / name
    missing = [side for side, path in (("before", before), ("after", after)) if not path.exists()]
    if missing:
        return f"none {' and '.join(missing)}", ""
    if before.parent.name == "checkpoints":
        # Of a checkpoint only the weights: its other parts and its settings may change with the version.
        return compare_tensors(tensors(before, "model."), tensors(after, "model.")), ""
    if before.suffix == ".jsonl":
        return difference(metrics(before), metrics(after)), ""
    if before.suffix == ".json":
        rounded = []
        old, new = json.loads(text(before, before_folder)), json.loads(text(after, after_folder))
        found = difference(old, new, rounded if before.name.startswith("evaluate") else ())
        return found, "; ".join(rounded)
    old, new = text(before, before_folder), text(after, after_folder)
    if old == new:
        return None, ""
    if before.suffix == ".safetensors":
        return compare_tensors(tensors(before), tensors(after)) or "metadata", ""
    at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    return f"byte {at} of {len(old)} before, {len(new)} after", ""


def compare_tensors(before, after):
    if before.keys() != after.keys():
        return f"tensors {sorted(before.keys() ^ after.keys())[:3]} in one only"
    names = [name for name in before if before[name] != after[name]]
    return f"{len(names)} of {len(before)} tensors, {names[0]} first" if names else None
