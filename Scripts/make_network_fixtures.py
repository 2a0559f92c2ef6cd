#!/usr/bin/env python3
"""Writes the reference values of the paper's kinds of networks, small ones, computed by PyTorch in float64.

    python Scripts/make_network_fixtures.py --output Tests/Fixtures

Needs: pip install torch==2.13.0 numpy

`densenet121_state.txt` lists the names and shapes of DenseNet-121's state dict, which are torchvision's. The other
files are of the kind that make_fixtures.py writes. What makes a network stands in the metadata's `configuration`,
as the JSON that `densenet --model` reads. Weights, statistics and images are made by formulas, not stored.
"""

import argparse
import os

import torch
from torch import nn

from densenet_torch import Configuration, densenet
from make_fixtures import Case, fill, put_gradients, running_statistics

LABELS = [0, 2, 1, 1, 2]
OPTIMIZER = dict(lr=0.1, momentum=0.9, weight_decay=1e-4)

# Bottlenecks of 16 and of 24 channels, and layers of 8: whole vectors of 16, and parts of them. Maps are of odd sizes.
NETWORKS = {
    "table1": (
        Configuration(num_classes=3, initial_features=8, growth_rate=4, block_layers=(2, 1, 2, 1)),
        (61, 70),
    ),
    "max_pool": (
        Configuration(
            num_classes=3, initial_features=8, growth_rate=4, block_layers=(2, 1, 1), convolution_bias=True,
            transition_pool="max",
        ),
        (61, 70),
    ),
    "cifar_plain": (
        Configuration(
            num_classes=3, stem="cifar", initial_features=16, growth_rate=8, block_layers=(1, 2, 1),
            bottleneck_width=None, compression=1.0,
        ),
        (15, 20),
    ),
    "cifar_bc": (
        Configuration(num_classes=3, stem="cifar", growth_rate=6, block_layers=(2, 1, 1), compression=0.5),
        (18, 13),
    ),
}


def half_precision_error(network, configuration, images, labels):
    """Of the whole gradient, relative to float64's, by PyTorch's own bf16: what another bf16 may be off, too."""
    own = densenet(configuration).train()  # batch statistics: the running ones do not matter
    own.load_state_dict(network.state_dict())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nn.functional.cross_entropy(own(images.float()), labels)
    loss.backward()
    exact = torch.cat([p.grad.flatten() for p in network.parameters()])
    return float((torch.cat([p.grad.double().flatten() for p in own.parameters()]) - exact).norm() / exact.norm())


def network_case(name, configuration, size):
    """Eval mode, one step's gradients and statistics, and three steps of SGD."""
    case = Case(f"network_{name}", layer="network", configuration=configuration.json())
    case.metadata["optimizer"] = " ".join(f"{key}={value}" for key, value in OPTIMIZER.items())
    network = densenet(configuration).double()
    fill(case, network, stored=False, gamma=(1.0, 0.5))
    images = case.random("input", (len(LABELS), configuration.input_channels, *size), 0.5, 0.5, stored=False)
    labels = torch.tensor(LABELS)
    case.put("labels", labels)
    with torch.no_grad():
        case.put("eval_logits", network.eval()(images))
    optimizer = torch.optim.SGD(network.train().parameters(), **OPTIMIZER)
    losses = []
    for step in (1, 2, 3):
        optimizer.zero_grad()
        logits = network(images)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        losses.append(loss.detach())
        if step == 1:
            case.put("logits", logits)
            put_gradients(case, network, case.put)
            for buffer, values in running_statistics(network).items():
                case.put(f"buffer_after.{buffer}", values)
            error = half_precision_error(network, configuration, images, labels)
            print(f"           PyTorch's own bf16: gradient {error:.3f} off")
        optimizer.step()
    case.put("losses", torch.stack(losses))
    for parameter, values in network.named_parameters():
        case.put(f"parameter_after_3.{parameter}", values)
    for buffer, values in running_statistics(network).items():
        case.put(f"buffer_after_3.{buffer}", values)
    with torch.no_grad():
        case.put("eval_logits_after_3", network.eval()(images))
    return case


def main():
    arguments = argparse.ArgumentParser(description="Write reference values of the paper's kinds of networks.")
    arguments.add_argument("--output", required=True, help="the folder to write, such as Tests/Fixtures")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    for name, (configuration, size) in NETWORKS.items():
        network_case(name, configuration, size).save(options.output)
    state = densenet(Configuration()).state_dict()
    with open(os.path.join(options.output, "densenet121_state.txt"), "w") as file:
        for name, values in state.items():
            if not name.endswith("num_batches_tracked"):
                file.write(f"{name} {'x'.join(map(str, values.shape))}\n")


if __name__ == "__main__":
    main()
