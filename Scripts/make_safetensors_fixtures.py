#!/usr/bin/env python3
"""Writes Tests/Fixtures/safetensors: small files by the reference library, which ours must read and reproduce.

    python -m pip install torch safetensors numpy
    python Scripts/make_safetensors_fixtures.py
"""
import pathlib

import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "safetensors"
folder.mkdir(parents=True, exist_ok=True)


def ramp(*shape):
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float32) / 4 - 1).reshape(shape)


# What this package writes: F32 and I64, names that sort differently as numbers, all ranks, an empty tensor.
state = {
    "0.0.weight": ramp(4, 2, 3, 3),
    "0.0.bias": torch.tensor([0.1, -0.2, 3e-38, 1e-45]),
    "0.1.running_mean": ramp(4),
    "0.1.num_batches_tracked": torch.tensor(938, dtype=torch.int64),
    "10.weight": ramp(3, 4),
    "2.weight": ramp(2, 3, 4),
    "empty": torch.zeros(2, 0, 3),
    "scalar": torch.tensor(0.5),
    'odd "name"\\\n\té漢': torch.tensor([7, -8], dtype=torch.int64),
}
save_file(state, folder / "state.safetensors")
save_file(state, folder / "state-metadata.safetensors", metadata={"format": "pt"})

# What this package only reads.
halves = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, 6.1e-5, float("inf"), 0.333251953125])
save_file(
    {
        "f64": torch.tensor([[1.5, -2.25], [1e300, 1 / 3]], dtype=torch.float64),
        "f16": halves.to(torch.float16),
        "bf16": torch.tensor([1.0, -3.140625, 3.38e38, 1e-40]).to(torch.bfloat16),
        "i32": torch.tensor([1, -2147483648], dtype=torch.int32),
        "i16": torch.tensor([1, -32768], dtype=torch.int16),
        "i8": torch.tensor([1, -128], dtype=torch.int8),
        "u8": torch.tensor([[0, 255]], dtype=torch.uint8),
        "u16": torch.tensor([0, 65535], dtype=torch.uint16),
        "u32": torch.tensor([0, 4294967295], dtype=torch.uint32),
        "u64": torch.tensor([0, 9223372036854775807], dtype=torch.uint64),
        "bool": torch.tensor([True, False, True]),
    },
    folder / "types.safetensors",
)
