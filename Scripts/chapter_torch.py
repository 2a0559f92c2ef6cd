"""The DenseNet of Dive into Deep Learning's chapter in PyTorch: the reference that the other scripts compare with.

Needs: pip install torch==2.13.0

The state dict has the chapter's own names (`0.0.weight`, `1.net.0.0.weight`, ..., `12.weight`). The widths are
parameters, so that small networks of the same structure exist for the tests.
"""

import torch
from torch import nn


class DenseBlock(nn.Module):
    """[N, C, H, W] -> [N, C + layers * growth, H, W]; each layer is BN, ReLU, 3x3 convolution with bias."""

    def __init__(self, layers, in_channels, growth):
        super().__init__()
        widths = [in_channels + i * growth for i in range(layers)]
        self.net = nn.Sequential(
            *(nn.Sequential(nn.BatchNorm2d(w), nn.ReLU(), nn.Conv2d(w, growth, 3, padding=1)) for w in widths)
        )

    def forward(self, x):
        for layer in self.net:
            x = torch.cat([x, layer(x)], dim=1)
        return x


def transition(in_channels, out_channels):
    """[N, in, H, W] -> [N, out, H // 2, W // 2]: BN, ReLU, 1x1 convolution with bias, 2x2 average pool."""
    return nn.Sequential(
        nn.BatchNorm2d(in_channels), nn.ReLU(), nn.Conv2d(in_channels, out_channels, 1), nn.AvgPool2d(2, 2)
    )


def chapter_densenet(in_channels=1, stem=64, growth=32, blocks=(4, 4, 4, 4), classes=10):
    """[N, in_channels, H, W] -> logits [N, classes]. The defaults are the chapter's 758,226 parameters."""
    parts = [
        nn.Sequential(
            nn.Conv2d(in_channels, stem, 7, stride=2, padding=3),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
    ]
    width = stem
    for index, layers in enumerate(blocks):
        parts.append(DenseBlock(layers, width, growth))
        width += layers * growth
        if index + 1 < len(blocks):
            parts.append(transition(width, width // 2))
            width //= 2
    return nn.Sequential(
        *parts, nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes)
    )


def xavier(network):
    """The chapter's initialisation, in place: Xavier-uniform weights, PyTorch's default biases."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(module.weight)
    return network


def parameters_without_gradient(network):
    """Names of the biases that a batch norm cancels: every convolution's, in a whole network of this structure.

    Their gradient is exactly zero, and what any implementation computes there is rounding noise.
    """
    return [f"{name}.bias" for name, m in network.named_modules() if isinstance(m, nn.Conv2d) and m.bias is not None]
