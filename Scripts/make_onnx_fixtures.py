#!/usr/bin/env python3
"""Writes Tests/Fixtures/onnx: tiny DenseNets as PyTorch's own exporters write them, and what they answer.

    python -m pip install torch==2.13.0 numpy safetensors onnx onnxscript
    python Scripts/make_onnx_fixtures.py

`<network>.safetensors` has `input`, the logits of float64 rounded to fp32, and the state dictionary; `<network>-<exporter>.onnx`
is the same network by

- torchscript: torch.onnx.export(dynamo=False), which folds batch norms and constants;
- torchscript-plain: without folding;
- dynamo: torch.onnx.export(dynamo=True), optimised, which folds batch norms;
- dynamo-plain: not optimised;
- dynamo-external: with its tensors in a file beside it, as it does by default.

Traces of the program (metadata, documentation, shapes of inner values) are left out, since they are many times as long as
the rest.
"""

import contextlib
import io
import pathlib
import sys
import warnings

import onnx
import torch
from safetensors.torch import save_file

from densenet_torch import Configuration, configuration, random_network

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "onnx"
EXPORTERS = {
    "torchscript": dict(dynamo=False),
    "torchscript-plain": dict(dynamo=False, do_constant_folding=False),
    "dynamo": dict(dynamo=True, external_data=False),
    "dynamo-plain": dict(dynamo=True, external_data=False, optimize=False),
    "dynamo-external": dict(dynamo=True, external_data=True),
}
SMALL = dict(growth_rate=4, block_layers=(2, 2), num_classes=3)
NETWORKS = {
    "table1": (Configuration(initial_features=4, bottleneck_width=2, **SMALL), 16, list(EXPORTERS)),
    "chapter": (configuration("d2l", initial_features=4, **SMALL), 16, ["torchscript", "dynamo"]),
    "cifar": (
        Configuration(stem="cifar", initial_features=5, bottleneck_width=None, compression=0.7, **SMALL),
        8,
        ["torchscript", "dynamo"],
    ),
}


def without_traces(path):
    model = onnx.load(path, load_external_data=False)
    for message in [model, model.graph, *model.graph.node, *model.graph.initializer]:
        message.doc_string = ""
        del message.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, path)


def export(network, x, path, options):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (x,), str(path), input_names=["input"], output_names=["logits"], **options)
    without_traces(path)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for seed, (name, (numbers, side, exporters)) in enumerate(NETWORKS.items()):
        network = random_network(numbers, seed=seed).eval()
        torch.manual_seed(100 + seed)
        x = torch.randn(2, numbers.input_channels, side, side)
        for exporter in exporters:
            export(network, x, FOLDER / f"{name}-{exporter}.onnx", EXPORTERS[exporter])
        state = {f"state.{key}": value.clone() for key, value in network.state_dict().items()}
        logits = network.double()(x.double()).detach().float()
        save_file({"input": x, "logits": logits, **state}, FOLDER / f"{name}.safetensors", {"configuration": numbers.json()})


if __name__ == "__main__":
    sys.exit(main())
