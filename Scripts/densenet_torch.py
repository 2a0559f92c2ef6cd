"""Any DenseNet of the paper in PyTorch: the reference that the other scripts compare with.

Needs: pip install torch==2.13.0

Names and semantics are torchvision's (`features.denseblock1.denselayer1.norm1.weight`, ...), so that state dicts go
both ways; the chapter's own network comes from chapter_torch.py. What makes a network has the keys of the JSON files
that `densenet --model` reads, and their defaults, DenseNet-121's.
"""

import dataclasses
import json
from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from chapter_torch import chapter_densenet, parameters_without_gradient, xavier


@dataclasses.dataclass(frozen=True)
class Configuration:
    """The numbers that make a DenseNet. Without arguments: DenseNet-121 of the paper's Table 1."""

    input_channels: int = 3
    num_classes: int = 1000
    stem: str = "imagenet"  # or "cifar": a 3x3 convolution alone
    initial_features: int | None = None  # None: twice the growth rate
    growth_rate: int = 32
    block_layers: tuple = (6, 12, 24, 16)
    bottleneck_width: int | None = 4  # in growth rates; None or 0: no bottleneck
    compression: float = 0.5
    transition_pool: str = "average"  # or "max"
    drop_rate: float = 0.0
    convolution_bias: bool = False
    naming: str = "torchvision"  # or "chapter"

    def __post_init__(self):
        object.__setattr__(self, "block_layers", tuple(self.block_layers))
        if self.initial_features is None:
            object.__setattr__(self, "initial_features", 2 * self.growth_rate)

    def json(self):
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @property
    def image_side(self):
        """The side of the images that such networks are made for."""
        return 32 if self.stem == "cifar" else 96 if self.naming == "chapter" else 224


CHAPTER = Configuration(
    input_channels=1, num_classes=10, block_layers=(4, 4, 4, 4), bottleneck_width=None, convolution_bias=True,
    naming="chapter",
)
TABLE_1 = {
    "densenet121": Configuration(),
    "densenet161": Configuration(growth_rate=48, block_layers=(6, 12, 36, 24)),
    "densenet169": Configuration(block_layers=(6, 12, 32, 32)),
    "densenet201": Configuration(block_layers=(6, 12, 48, 32)),
    "densenet264": Configuration(block_layers=(6, 12, 64, 48)),
}


def configuration(model, **changes):
    """The network of that name (as `densenet --model` takes it), or of the JSON file of that path, with changes."""
    if model.endswith(".json"):
        with open(model) as file:
            found = Configuration(**json.load(file))
    elif model == "d2l":
        found = CHAPTER
    elif model in TABLE_1:
        found = TABLE_1[model]
    else:
        found = cifar(model)
    return dataclasses.replace(found, **{key: value for key, value in changes.items() if value is not None})


def cifar(name):
    """`densenet-<depth>-<growth>` or `densenet-bc-<depth>-<growth>`: three equal blocks after a 3x3 convolution."""
    kind, depth, growth = name.rsplit("-", 2)
    bottleneck, depth, growth = {"densenet": False, "densenet-bc": True}[kind], int(depth), int(growth)
    return Configuration(
        num_classes=10, stem="cifar", initial_features=2 * growth if bottleneck else 16, growth_rate=growth,
        block_layers=((depth - 4) // (6 if bottleneck else 3),) * 3, bottleneck_width=4 if bottleneck else None,
        compression=0.5 if bottleneck else 1.0,
    )


class DenseLayer(nn.Module):
    """[N, C, H, W] -> [N, growth, H, W]: BN, ReLU, 1x1, BN, ReLU, 3x3; without a bottleneck BN, ReLU, 3x3."""

    def __init__(self, channels, c):
        super().__init__()
        self.drop_rate = c.drop_rate
        self.norm1 = nn.BatchNorm2d(channels)
        if c.bottleneck_width:
            width = c.bottleneck_width * c.growth_rate
            self.conv1 = nn.Conv2d(channels, width, 1, bias=c.convolution_bias)
            self.norm2 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, c.growth_rate, 3, padding=1, bias=c.convolution_bias)
        else:
            self.norm2 = None
            self.conv1 = nn.Conv2d(channels, c.growth_rate, 3, padding=1, bias=c.convolution_bias)

    def forward(self, x):
        x = self.conv1(F.relu(self.norm1(x)))
        if self.norm2 is not None:
            x = self.conv2(F.relu(self.norm2(x)))
        return F.dropout(x, self.drop_rate, self.training) if self.drop_rate else x


class DenseBlock(nn.ModuleDict):
    """[N, C, H, W] -> [N, C + layers * growth, H, W]."""

    def __init__(self, layers, channels, c):
        super().__init__({f"denselayer{i + 1}": DenseLayer(channels + i * c.growth_rate, c) for i in range(layers)})

    def forward(self, x):
        for layer in self.values():
            x = torch.cat([x, layer(x)], 1)
        return x


def transition(channels, out_channels, c):
    """[N, channels, H, W] -> [N, out_channels, H // 2, W // 2]."""
    pool = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}[c.transition_pool]
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels), relu=nn.ReLU(),
            conv=nn.Conv2d(channels, out_channels, 1, bias=c.convolution_bias), pool=pool(2, 2),
        )
    )


class DenseNet(nn.Module):
    """[N, input_channels, H, W] -> logits [N, num_classes]."""

    def __init__(self, c):
        super().__init__()
        channels = c.initial_features
        if c.stem == "cifar":
            parts = OrderedDict(conv0=nn.Conv2d(c.input_channels, channels, 3, padding=1, bias=c.convolution_bias))
        else:
            parts = OrderedDict(
                conv0=nn.Conv2d(c.input_channels, channels, 7, stride=2, padding=3, bias=c.convolution_bias),
                norm0=nn.BatchNorm2d(channels), relu0=nn.ReLU(), pool0=nn.MaxPool2d(3, stride=2, padding=1),
            )
        for index, layers in enumerate(c.block_layers, start=1):
            parts[f"denseblock{index}"] = DenseBlock(layers, channels, c)
            channels += layers * c.growth_rate
            if index < len(c.block_layers):
                kept = int(channels * c.compression)
                parts[f"transition{index}"] = transition(channels, kept, c)
                channels = kept
        parts["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(channels, c.num_classes)

    def forward(self, x):
        x = F.relu(self.features(x))
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def densenet(c):
    """The network of a configuration, as PyTorch initialises it."""
    if c.naming == "torchvision":
        return DenseNet(c)
    plain = c.stem == "imagenet" and c.transition_pool == "average" and not c.bottleneck_width and not c.drop_rate
    if not plain or not c.convolution_bias or c.compression != 0.5:
        raise ValueError("the chapter's names are for networks of the chapter's kind only")
    return chapter_densenet(c.input_channels, c.initial_features, c.growth_rate, c.block_layers, c.num_classes)


def random_network(c, seed=0, affine=True):
    """A network with the initial weights of its kind, and random running statistics, so that losing one shows.

    - affine: gamma and beta are random too, not 1 and 0.
    """
    torch.manual_seed(seed)
    network = densenet(c)
    if c.naming == "chapter":
        xavier(network)
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and c.naming == "torchvision":
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            if affine:
                nn.init.uniform_(module.weight, 0.8, 1.2)
                nn.init.uniform_(module.bias, -0.1, 0.1)
            module.num_batches_tracked.fill_(3)
    return network


def cancelled_parameters(network):
    """Parameters whose exact gradient is zero (or next to it), so that a relative error of it says nothing.

    A batch norm cancels the bias of every convolution. While the stem's beta is 0, its gamma is another: ReLU and max
    pool then only pass the channel's scale on, and every batch norm that reads the channel divides it out again.
    """
    modules, names = dict(network.named_modules()), set(parameters_without_gradient(network))
    for stem in ("0.1", "features.norm0"):
        if stem in modules and not modules[stem].bias.any():
            names.add(f"{stem}.weight")
    return names
