#!/usr/bin/env python3
"""Writes Tests/Fixtures/pytorch: small checkpoints by PyTorch itself, which ours must read or refuse.

    python -m pip install torch numpy safetensors
    python Scripts/make_checkpoint_fixtures.py
"""
import argparse
import collections
import json
import os
import pathlib
import pickle
import zipfile

import numpy
import torch
from safetensors.torch import save_file

folder = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "pytorch"
folder.mkdir(parents=True, exist_ok=True)


def ramp(*shape):
    count = torch.Size(shape).numel()
    return (torch.arange(count, dtype=torch.float32) / 4 - 1).reshape(shape)


def save(name, value, legacy=False, **options):
    torch.save(value, folder / name, _use_new_zipfile_serialization=not legacy, **options)


def state(prefix="", norm="norm1", conv="conv1", last="norm5"):
    tensors = {
        "features.conv0.weight": ramp(4, 1, 3, 3),
        f"features.denseblock1.denselayer1.{norm}.weight": ramp(4),
        f"features.denseblock1.denselayer1.{norm}.running_var": ramp(4) + 2,
        f"features.denseblock1.denselayer1.{norm}.num_batches_tracked": torch.tensor(938),
        f"features.denseblock1.denselayer1.{conv}.weight": ramp(2, 4, 1, 1),
        f"features.{last}.bias": ramp(6),
        "classifier.weight": ramp(3, 6),
        "classifier.bias": torch.tensor([0.1, -0.2, 1e-45]),
    }
    return collections.OrderedDict((prefix + name, tensor) for name, tensor in tensors.items())


# The same state, by every way that it is saved.
for protocol in (2, 3, 4, 5):
    save(f"zip-{protocol}.pth", state(), pickle_protocol=protocol)
    save(f"legacy-{protocol}.pth", state(), legacy=True, pickle_protocol=protocol)

save("module.pth", state("module."))
save("averaged.pth", {"n_averaged": torch.tensor(5), **state("module.")})
save("compiled-module-model.pth", state("_orig_mod.module.model."))
save("old-names.pth", state(norm="norm.1", conv="conv.1"), legacy=True)
save("old-names-final.pth", state("model.", norm="norm.1", conv="conv.1", last="norm_final"))
save_file(state("module.", norm="norm.1", conv="conv.1"), folder / "old-names.safetensors")

parameters = state()
for name, tensor in parameters.items():
    if tensor.is_floating_point() and "running" not in name:
        parameters[name] = torch.nn.Parameter(tensor)
save("parameters.pth", parameters)

model = torch.nn.Sequential(torch.nn.Linear(2, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
model(torch.ones(1, 2)).sum().backward()
optimizer.step()
others = {
    "epoch": 3,
    "arch": "densenet",
    "best": numpy.float64(0.5),
    "history": [0.25, -1, 2**40, 2**70, None, True],
    "args": argparse.Namespace(lr=0.1, data="x"),
    "seen": {1, 2},
    "array": numpy.arange(3.0),
    "device": torch.device("cpu"),
    "dtype": torch.bfloat16,
    "size": torch.Size([1, 2]),
    "metrics": collections.defaultdict(list, {"loss": [1.5]}),
    "optimizer": optimizer.state_dict(),
}
save("nested.pth", {**others, "state_dict": state("module.")})
save("nested-legacy.pth", {**others, "state_dict": state("module.")}, legacy=True)
averaged = {name: tensor * 2 for name, tensor in state().items()}
save("nested-averaged.pth", {"model_ema": averaged, "model": {"state_dict": state()}, "epoch": 1})

types = {
    "f64": torch.tensor([[1.5, -2.25], [1e300, 1 / 3]], dtype=torch.float64),
    "f16": torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8], dtype=torch.float16),
    "bf16": torch.tensor([1.0, -3.140625, 3.38e38, 1e-40]).to(torch.bfloat16),
    "i32": torch.tensor([1, -2147483648], dtype=torch.int32),
    "i16": torch.tensor([1, -32768], dtype=torch.int16),
    "i8": torch.tensor([1, -128], dtype=torch.int8),
    "u8": torch.tensor([[0, 255]], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "empty": torch.zeros(2, 0, 3),
    "scalar": torch.tensor(0.5),
    "nan": torch.tensor([0x7FC12345, 0x7F800001, -1], dtype=torch.int32).view(torch.float32),
}
save("types-legacy.pth", types, legacy=True)
types["u16"] = torch.tensor([0, 65535], dtype=torch.uint16)
types["u64"] = torch.tensor([0, 2**63 - 1], dtype=torch.uint64)
save("types.pth", types)

base = ramp(4, 6)
deep = ramp(2, 3, 4, 5)
views = {
    "base": base,
    "transposed": base.t(),
    "column": base[:, 2],
    "block": base[1:3, 2:5],
    "tail": base.reshape(-1)[20:],
    "expanded": base[0:1].expand(3, 6),
    "repeated": ramp(1).expand(2, 2),
    "again": base,
    "channels_last": deep.contiguous(memory_format=torch.channels_last),
    "permuted": deep.permute(3, 0, 2, 1),
    "steps": base[::2, 1::3],
}
save("views.pth", views)
save("views-legacy.pth", views, legacy=True)

# What must be refused, by name.
save("refused-module.pth", torch.nn.Sequential(torch.nn.Linear(1, 1)))
save("refused-sparse.pth", {"a": torch.eye(2).to_sparse()})
save("refused-complex.pth", {"a": torch.tensor([1j])})
save("refused-float8.pth", {"a": torch.ones(2).to(torch.float8_e4m3fn)})
save("refused-quantised.pth", {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)})
save("refused-list.pth", [1, 2])
save("refused-text.pth", {"epoch": 1, "note": "no weights"}, legacy=True)


class Run:
    def __reduce__(self):
        return os.system, ("touch pwned",)


for protocol in (2, 4):
    save(f"refused-system-{protocol}.pth", {"state_dict": state(), "x": Run()}, pickle_protocol=protocol)
save("refused-system-legacy.pth", {"state_dict": state(), "x": Run()}, legacy=True)
(folder / "refused-plain.pkl").write_bytes(pickle.dumps({"a": 1}, protocol=4))


def repacked(source, target, compression=zipfile.ZIP_STORED, replace={}):
    with zipfile.ZipFile(folder / source) as old, zipfile.ZipFile(folder / target, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, replace.get(name.split("/", 1)[1], old.read(name)))


repacked("zip-2.pth", "deflated.pth", zipfile.ZIP_DEFLATED)
repacked("zip-2.pth", "refused-big-endian.pth", replace={"byteorder": b"big"})
repacked("zip-2.pth", "refused-bzip2.pth", zipfile.ZIP_BZIP2)

timm = folder / "timm"
timm.mkdir(exist_ok=True)
save_file(state(), timm / "model.safetensors", metadata={"format": "pt"})
config = {
    "architecture": "densenet121",
    "num_classes": 3,
    "num_features": 1024,
    "pretrained_cfg": {
        "tag": "tv_in1k",
        "input_size": [3, 224, 224],
        "fixed_input_size": False,
        "interpolation": "bicubic",
        "crop_pct": 0.875,
        "crop_mode": "center",
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "num_classes": 3,
        "label_names": ["ankle boot", "bag", "coat"],
        "classifier": "classifier",
    },
}
(timm / "config.json").write_text(json.dumps(config, indent=2))
hub = folder / "hub"
hub.mkdir(exist_ok=True)
torch.save(state(), hub / "pytorch_model.bin")
flat = {"architecture": "densenet161", **config["pretrained_cfg"], "interpolation": "bilinear", "crop_pct": 0.95}
del flat["label_names"]
(hub / "config.json").write_text(json.dumps(flat))
