"""What the checks of MPI share: starting `mpirun`, and reading safetensors. Needs nothing but Python."""

import array
import json
import os
import pathlib
import shlex
import struct

# Ranks share this machine's cores, and root may start them: that is for tests alone. MPIRUN in the environment names
# another launcher than Open MPI's: MPIRUN=mpiexec.mpich.
OPEN_MPI = ["mpirun", "--oversubscribe", "--bind-to", "none"] + (["--allow-run-as-root"] if os.geteuid() == 0 else [])
LAUNCHER = shlex.split(os.environ.get("MPIRUN", "")) or OPEN_MPI


def launched(ranks, *words):
    """The words that start a program on so many ranks; 0: by itself."""
    return ([*LAUNCHER, "-n", str(ranks)] if ranks else []) + [str(word) for word in words]


def tensors(path):
    """-> the fp32 tensors of a safetensors file, as arrays of numbers"""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    result = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        first, last = (8 + length + offset for offset in entry["data_offsets"])
        result[name] = array.array("f", content[first:last])
    return result


def is_statistic(name):
    return name.endswith(("running_mean", "running_var"))


def distance(one, other, names):
    """-> the 2-norm of the difference of these tensors together"""
    return sum((a - b) ** 2 for name in names for a, b in zip(one[name], other[name])) ** 0.5
