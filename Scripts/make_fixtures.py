#!/usr/bin/env python3
"""Writes the reference values that the Swift tests compare with, computed by PyTorch in float64.

    python Scripts/make_fixtures.py --output Tests/Fixtures

Needs: pip install torch==2.13.0 numpy

Each file is one case. Its tensors are float32 roundings of float64 results, and every number that goes in is a
float32 value, so that both sides start from the same numbers. Tests/Fixtures/README.md names the tensors.

Random numbers come from a counter, not from a generator with state, so that another language can make them too.
Element e (row-major, in PyTorch's shape) of tensor t under a seed is, in unsigned 64-bit arithmetic that wraps:

    z = (seed << 48 | t << 32 | e) + 0x9E3779B97F4A7C15
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
    z = (z ^ z >> 27) * 0x94D049BB133111EB
    z =  z ^ z >> 31
    u = (z >> 40) / 2^23 - 1                                  24 bits, in [-1, 1), exact in float32
    value = float32(double(center) + double(spread) * u)      one rounding, as center and spread are float32 values

(`^` and `|` bind more loosely than the shifts.) A tensor that this makes need not be stored: the metadata entry
`generated.<name>` = "index=t center=c spread=s shape=a,b,..." stands for it, with the file's `seed`.
"""

import argparse
import json
import math
import os

import numpy as np
import torch
from torch import nn

from chapter_torch import DenseBlock, chapter_densenet, parameters_without_gradient, transition


def uniform(seed, index, shape, center=0.0, spread=1.0):
    """The generator above, as a float32 array."""
    z = np.arange(math.prod(shape), dtype=np.uint64)
    z |= np.uint64(seed << 48 | index << 32)
    z += np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z = z ^ z >> np.uint64(31)
    u = (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    return (float(np.float32(center)) + float(np.float32(spread)) * u).astype(np.float32).reshape(shape)


def write_safetensors(path, tensors, metadata):
    """As the safetensors package writes it, but with the metadata in a fixed order: equal input, equal file."""
    names = {np.dtype(np.float32): "F32", np.dtype(np.float16): "F16", np.dtype(np.int64): "I64"}
    header, offset = {"__metadata__": dict(sorted(metadata.items()))}, 0
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    for name in order:
        a = tensors[name]
        header[name] = {"dtype": names[a.dtype], "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        offset += a.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(np.ascontiguousarray(tensors[name]).tobytes())


class Case:
    """One file in the making: named tensors, settings as strings, and a seed of its own."""

    seeds = iter(range(1, 1000))

    def __init__(self, name, **settings):
        self.name, self.seed, self.next_index = name, next(Case.seeds), 0
        self.tensors = {}
        self.metadata = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in settings.items()}
        self.metadata["seed"] = str(self.seed)

    def draw(self, shape, center=0.0, spread=1.0):
        """A float64 tensor of float32 values that the file does not mention."""
        values = uniform(self.seed, self.next_index, shape, center, spread)
        self.next_index += 1
        return torch.from_numpy(values).double()

    def random(self, name, shape, center=0.0, spread=1.0, stored=True):
        """Draws the tensor `name`, and stores it, or stores how to make it."""
        shape, center, spread = tuple(shape), float(np.float32(center)), float(np.float32(spread))
        if not stored:
            extents = ",".join(map(str, shape))
            self.metadata[f"generated.{name}"] = f"index={self.next_index} center={center!r} spread={spread!r} shape={extents}"
        values = self.draw(shape, center, spread)
        if stored:
            self.put(name, values)
        return values

    def put(self, name, values):
        values = torch.as_tensor(values).detach()
        kind = torch.float32 if values.is_floating_point() else torch.int64
        self.tensors[name] = values.to(kind).contiguous().numpy().copy()

    def put_half(self, name, values):
        """Stores values / scale in float16 and the power of two `scale.<name>`, which fills float16's range."""
        values = values.detach()
        largest = float(values.abs().max())
        scale = 2.0 ** (math.frexp(largest)[1] - 15) if largest > 0 else 1.0
        self.tensors[name] = (values / scale).to(torch.float16).contiguous().numpy().copy()
        self.put(f"scale.{name}", torch.tensor([scale]))

    def save(self, folder):
        path = os.path.join(folder, f"{self.name}.safetensors")
        write_safetensors(path, self.tensors, self.metadata)
        print(f"{os.path.getsize(path):9,}  {self.name}")


def fill(case, module, stored=True, gamma=(0.0, 1.5), beta=0.5, bias=0.5, statistics=True):
    """Random values for every parameter, and for the running statistics, in the order of the state dict."""
    for prefix, part in module.named_modules():
        dot = f"{prefix}." if prefix else ""
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            outputs, inputs = part.weight.shape[:2]
            area = math.prod(part.weight.shape[2:])
            ranges = {"weight": (0.0, math.sqrt(6 / ((inputs + outputs) * area))), "bias": (0.0, bias)}
        elif isinstance(part, nn.BatchNorm2d):
            ranges = {"weight": gamma, "bias": (0.0, beta)}
        else:
            continue
        for name, p in part.named_parameters(recurse=False):
            p.data = case.random(f"parameter.{dot}{name}", p.shape, *ranges[name], stored=stored)
        for name, center, spread in (("running_mean", 0.0, 2.0), ("running_var", 1.0, 0.75)):
            if not isinstance(part, nn.BatchNorm2d):
                continue
            if statistics:
                part.register_buffer(name, case.random(f"buffer.{dot}{name}", part.running_mean.shape, center, spread))
            else:
                case.next_index += 1


def running_statistics(module):
    return {name: b for name, b in module.named_buffers() if b.is_floating_point()}


def record(case, module, x, stored=True, half=False, evaluation=True):
    """Forward and backward in training mode, the running statistics after it, and eval mode's output before it."""
    if evaluation and running_statistics(module):
        with torch.no_grad():
            case.put("eval_output", module.eval()(x))
    x = x.clone().requires_grad_()
    y = module.train()(x)
    y.backward(case.random("output_gradient", y.shape, stored=stored))
    case.put("output", y)
    case.put("input_gradient", x.grad)
    for name, p in module.named_parameters():
        (case.put_half if half and p.ndim == 4 else case.put)(f"gradient.{name}", p.grad)
    for name, b in running_statistics(module).items():
        case.put(f"buffer_after.{name}", b)


def far_input(case, shape, far, least=0.25):
    """The tensor `input`: every channel has its own mean, up to `far`, and its own spread, from `least` to 1."""
    channels = (1, shape[1], 1, 1)
    mean, spread = case.draw(channels, 0.0, far), case.draw(channels, (1 + least) / 2, (1 - least) / 2)
    x = (mean + spread * case.draw(shape)).float().double()
    case.put("input", x)
    return x


def convolutions():
    # kernel, stride, padding, channels in, channels out, batch, height, width, bias
    for k, s, p, i, o, n, h, w, bias in [
        (1, 1, 0, 5, 17, 3, 7, 5, True),
        (1, 2, 0, 33, 5, 1, 8, 6, False),
        (3, 1, 0, 33, 17, 1, 5, 6, False),
        (3, 1, 1, 17, 33, 1, 6, 5, True),
        (3, 1, 1, 3, 5, 3, 9, 13, True),
        (3, 1, 3, 1, 1, 1, 3, 4, True),
        (3, 2, 1, 3, 5, 3, 9, 8, False),
        (3, 3, 0, 5, 3, 3, 10, 11, True),
        (5, 1, 2, 3, 17, 1, 7, 9, True),
        (5, 2, 1, 1, 5, 3, 12, 9, False),
        (5, 3, 3, 5, 1, 1, 11, 8, True),
        (7, 1, 3, 3, 3, 3, 3, 2, True),
        (7, 2, 3, 1, 64, 1, 13, 16, True),
        (7, 2, 3, 1, 17, 3, 15, 12, True),
        (7, 3, 2, 3, 5, 1, 14, 17, False),
    ]:
        case = Case(
            f"conv2d_k{k}s{s}p{p}_{i}to{o}_{n}x{h}x{w}",
            layer="conv2d", kernel=k, stride=s, padding=p, in_channels=i, out_channels=o, bias=bias,
        )
        module = nn.Conv2d(i, o, k, stride=s, padding=p, bias=bias).double()
        x = case.random("input", (n, i, h, w))
        fill(case, module)
        record(case, module, x)
        yield case


def batch_norms():
    for name, shape, far in [
        ("plain", (3, 5, 4, 7), 3.0),
        ("wide", (2, 33, 5, 3), 3.0),
        ("batch1", (1, 17, 3, 3), 3.0),
        ("far", (3, 5, 6, 7), 1000.0),
        ("constant", (2, 3, 5, 4), 3.0),
    ]:
        case = Case(f"batchnorm2d_{name}", layer="batchnorm2d", channels=shape[1], eps="1e-5", momentum="0.1")
        module = nn.BatchNorm2d(shape[1]).double()
        x = far_input(case, shape, far)
        if name == "constant":
            x[:, 1] = 3.0
            case.put("input", x)
        fill(case, module)
        before = {k: v.clone() for k, v in module.state_dict().items()}
        record(case, module, x)
        module.load_state_dict(before)
        module.eval().zero_grad()
        x = x.clone().requires_grad_()
        module(x).backward(torch.from_numpy(case.tensors["output_gradient"]).double())
        case.put("eval_input_gradient", x.grad)
        for parameter, p in module.named_parameters():
            case.put(f"eval_gradient.{parameter}", p.grad)
        yield case


def pools_and_the_rest():
    modules = [
        ("relu", nn.ReLU(), (2, 5, 4, 3), {"layer": "relu"}),
        ("global_avgpool", nn.AdaptiveAvgPool2d(1), (3, 5, 4, 7), {"layer": "global_avgpool"}),
        ("global_avgpool_3x3", nn.AdaptiveAvgPool2d(1), (1, 33, 3, 3), {"layer": "global_avgpool"}),
        ("linear_17to5", nn.Linear(17, 5), (3, 17), {"layer": "linear", "in_features": 17, "out_features": 5, "bias": True}),
        ("linear_248to10", nn.Linear(248, 10), (1, 248), {"layer": "linear", "in_features": 248, "out_features": 10, "bias": True}),
    ]
    for kind, layer in (("maxpool", nn.MaxPool2d), ("avgpool", nn.AvgPool2d)):
        sizes = [(3, 2, 1), (2, 2, 0), (3, 1, 1)] if kind == "maxpool" else [(2, 2, 0), (3, 2, 1)]
        for k, s, p in sizes:
            for shape in ((3, 5, 8, 6), (1, 17, 7, 5)):
                name = f"{kind}_k{k}s{s}p{p}_{'x'.join(map(str, shape))}"
                modules.append((name, layer(k, s, p), shape, {"layer": kind, "kernel": k, "stride": s, "padding": p}))
    modules.append(("maxpool_ties", nn.MaxPool2d(3, 2, 1), (2, 5, 8, 7), {"layer": "maxpool", "kernel": 3, "stride": 2, "padding": 1}))
    for name, module, shape, settings in modules:
        case = Case(name, **settings)
        module = module.double()
        if name == "maxpool_ties":
            x = (case.draw(shape) * 2).round()
            case.put("input", x)
        else:
            x = case.random("input", shape)
        fill(case, module)
        record(case, module, x)
        yield case

    for name, shape, spread in [("plain", (7, 5), 3.0), ("large", (3, 10), 200.0), ("one", (1, 1000), 3.0)]:
        case = Case(f"softmax_cross_entropy_{name}", layer="softmax_cross_entropy", reduction="mean")
        x = case.random("input", shape, 0.0, spread).requires_grad_()
        labels = torch.tensor([(7 * i + 3) % shape[1] for i in range(shape[0])])
        loss = nn.functional.cross_entropy(x, labels)
        loss.backward()
        case.put("labels", labels)
        case.put("loss", loss.reshape(1))
        case.put("input_gradient", x.grad)
        yield case


def blocks():
    # layers, channels in, growth, batch, height, width, parameters stored, weight gradients in float16, eval mode too
    for layers, i, g, n, h, w, stored, half, evaluation in [
        (2, 3, 10, 4, 8, 8, True, False, True),
        (3, 16, 12, 2, 5, 7, True, False, True),
        (4, 64, 32, 2, 12, 12, False, False, False),
        (4, 64, 32, 1, 3, 3, False, True, True),
    ]:
        case = Case(
            f"dense_block_{layers}x{g}_from{i}_{n}x{h}x{w}",
            layer="dense_block", layers=layers, in_channels=i, growth=g, eps="1e-5", momentum="0.1",
        )
        module = DenseBlock(layers, i, g).double()
        x = far_input(case, (n, i, h, w), 5.0)
        fill(case, module, stored)
        record(case, module, x, stored, half, evaluation)
        yield case


def transitions():
    for i, o, n, h, w in [(23, 10, 4, 8, 8), (23, 10, 3, 7, 5), (33, 16, 1, 3, 2)]:
        case = Case(
            f"transition_{i}to{o}_{n}x{h}x{w}",
            layer="transition", in_channels=i, out_channels=o, eps="1e-5", momentum="0.1",
        )
        module = transition(i, o).double()
        x = far_input(case, (n, i, h, w), 5.0)
        fill(case, module)
        record(case, module, x)
        yield case


OPTIMIZERS = {
    "plain": dict(lr=0.1),
    "momentum": dict(lr=0.1, momentum=0.9, weight_decay=1e-4),
    "nesterov": dict(lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True),
}


def put_gradients(case, network, put):
    """Every gradient, with exact zeros where a batch norm cancels a bias (float64 leaves about 1e-17 there)."""
    cancelled = parameters_without_gradient(network)
    case.metadata["zero_gradients"] = ",".join(cancelled)
    for name, p in network.named_parameters():
        put(f"gradient.{name}", torch.zeros_like(p) if name in cancelled else p.grad)


def small_networks():
    for in_channels, growth in [(1, 8), (3, 5)]:
        case = Case(
            f"network_small_{in_channels}channel", layer="network", in_channels=in_channels, stem=8, growth=growth,
            blocks="2,2", classes=3, size=32, eps="1e-5", batch_norm_momentum="0.1",
        )
        network = chapter_densenet(in_channels, 8, growth, (2, 2), 3).double()
        x = case.random("input", (5, in_channels, 32, 32), 0.5, 0.5)
        fill(case, network, gamma=(1.0, 0.5))
        labels = torch.tensor([0, 2, 1, 1, 2])
        case.put("labels", labels)
        initial = {k: v.clone() for k, v in network.state_dict().items()}
        case.put("eval_logits", network.eval()(x))
        for variant, options in OPTIMIZERS.items():
            case.metadata[f"{variant}.optimizer"] = " ".join(f"{k}={v}".lower() for k, v in options.items())
            network.load_state_dict(initial)
            network.train()
            optimizer = torch.optim.SGD(network.parameters(), **options)
            losses = []
            for step in (1, 2, 3):
                optimizer.zero_grad()
                logits = network(x)
                loss = nn.functional.cross_entropy(logits, labels)
                loss.backward()
                losses.append(loss.detach())
                if step == 1 and variant == "plain":
                    case.put("logits", logits)
                    case.put("loss", loss.reshape(1))
                    put_gradients(case, network, case.put)
                    for name, b in running_statistics(network).items():
                        case.put(f"buffer_after.{name}", b)
                optimizer.step()
                if step == 3 or step == 1 and variant == "plain":
                    for name, p in network.named_parameters():
                        case.put(f"{variant}.parameter_after_{step}.{name}", p)
            case.put(f"{variant}.losses", torch.stack(losses))
            for name, b in running_statistics(network).items():
                case.put(f"{variant}.buffer_after_3.{name}", b)
            case.put(f"{variant}.eval_logits_after_3", network.eval()(x))
        yield case


def chapter_network():
    batch = 16
    case = Case(
        "network_chapter", layer="network", in_channels=1, stem=64, growth=32, blocks="4,4,4,4", classes=10, size=96,
        batch=batch, eps="1e-5", batch_norm_momentum="0.1", learning_rate="0.1",
    )
    network = chapter_densenet().double()
    assert sum(p.numel() for p in network.parameters()) == 758_226
    fill(case, network, stored=False, gamma=(1.0, 0.2), beta=0.1, bias=0.05, statistics=False)
    x = case.random("input", (batch, 1, 96, 96), 0.5, 0.5, stored=False)
    labels = torch.tensor([(7 * i + 3) % 10 for i in range(batch)])
    case.put("labels", labels)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for step in (1, 2, 3):
        optimizer.zero_grad()
        logits = network.train()(x)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        losses.append(loss.detach())
        if step == 1:
            case.put("logits", logits)
            case.put("loss", loss.reshape(1))
            put_gradients(case, network, case.put_half)
            for name, b in running_statistics(network).items():
                case.put(f"buffer_after.{name}", b)
        optimizer.step()
        if step == 1:
            with torch.no_grad():
                case.put("eval_logits_after_1", network.eval()(x))
    case.put("losses", torch.stack(losses))
    yield case


class DensePerceptron(nn.Module):
    """DenseNet's connections between linear layers: each reads the input and all outputs before it."""

    def __init__(self, inputs, outputs, growth, layers):
        super().__init__()
        widths = [inputs + growth * index for index in range(layers + 1)]
        self.hidden = nn.ModuleList(nn.Sequential(nn.Linear(width, growth), nn.ReLU()) for width in widths[:-1])
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.cat((x, layer(x)), dim=1)
        return self.output(x)


def perceptrons():
    for inputs, outputs, growth, layers, n in [(7, 1, 5, 3, 6), (33, 3, 16, 2, 5), (4, 2, 3, 1, 1)]:
        case = Case(
            f"dense_mlp_{layers}x{growth}_{inputs}to{outputs}_{n}",
            layer="dense_mlp", in_features=inputs, out_features=outputs, growth=growth, layers=layers,
        )
        module = DensePerceptron(inputs, outputs, growth, layers).double()
        x = case.random("input", (n, inputs), 0.0, 2.0)
        fill(case, module)
        record(case, module, x)
        yield case

    for shape in ((6, 1), (5, 3)):
        case = Case(f"mse_{'x'.join(map(str, shape))}", layer="mse", reduction="mean")
        x = case.random("input", shape, 0.0, 3.0).requires_grad_()
        loss = nn.functional.mse_loss(x, case.random("target", shape, 1.0, 2.0))
        loss.backward()
        case.put("loss", loss.reshape(1))
        case.put("input_gradient", x.grad)
        yield case


def main():
    arguments = argparse.ArgumentParser(description="Write the tests' reference values, from PyTorch in float64.")
    arguments.add_argument("--output", required=True, help="the folder to write, such as Tests/Fixtures")
    options = arguments.parse_args()
    os.makedirs(options.output, exist_ok=True)
    torch.set_num_threads(1)
    for family in (convolutions, batch_norms, pools_and_the_rest, blocks, transitions, small_networks, chapter_network, perceptrons):
        for case in family():
            case.save(options.output)


if __name__ == "__main__":
    main()
