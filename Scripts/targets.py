"""What a batch of images is to be taken for, and the loss for it: one class each, or several labels.

Needs: pip install torch==2.13.0 numpy pillow
"""

import os

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F


class OneClass:
    def __init__(self, labels):
        self.labels = labels

    def __getitem__(self, part):
        return OneClass(self.labels[part])

    def loss(self, logits):
        return F.cross_entropy(logits, self.labels)

    # What evaluations report is without weights.
    plain_loss = loss

    @property
    def decisions(self):
        return len(self.labels)

    def correct(self, logits):
        """-> right predictions, and how many are too close to call in float32"""
        best = logits.topk(2).values
        close = (best[:, 0] - best[:, 1] < 1e-4 * logits.abs().amax(1)).sum()
        return int((logits.argmax(1) == self.labels).sum()), int(close)


class SeveralLabels:
    """0 and 1, a mask of the known ones, and PyTorch's pos_weight: all [N, labels] but the weights, [labels]."""

    def __init__(self, targets, mask, weights):
        self.targets, self.mask, self.weights = targets, mask, weights

    @staticmethod
    def random(count, labels, seed):
        random = np.random.default_rng(seed)
        targets = torch.from_numpy((random.random((count, labels)) < 0.3).astype(np.float64))
        mask = torch.from_numpy((random.random((count, labels)) < 0.8).astype(np.float64))
        # In every small batch, each label is known of some image.
        mask[:2] = 1
        targets[0], targets[1] = 0, 1
        return SeveralLabels(targets, mask, torch.linspace(0.5, 4, labels, dtype=torch.float64))

    def __getitem__(self, part):
        return SeveralLabels(self.targets[part], self.mask[part], self.weights)

    def _mean(self, logits, weights):
        each = F.binary_cross_entropy_with_logits(
            logits, self.targets.to(logits.dtype), pos_weight=weights, reduction="none")
        return (each * self.mask.to(logits.dtype)).sum() / self.mask.sum()

    def loss(self, logits):
        return self._mean(logits, self.weights.to(logits.dtype))

    def plain_loss(self, logits):
        return self._mean(logits, None)

    @property
    def decisions(self):
        return int(self.mask.sum())

    def correct(self, logits):
        known = self.mask > 0
        close = (logits.abs() < 1e-4 * logits.abs().amax())[known].sum()
        return int(((logits >= 0) == (self.targets > 0.5))[known].sum()), int(close)

    def rows(self, part):
        """The lines of a table after the image: an empty field where a label is not known."""
        for target, known in zip(self.targets, self.mask):
            yield ["" if m == 0 else f"{int(t)}" for t, m in zip(target, known)] + [part]


def write_table(folder, parts):
    """A table of images `table.csv`; parts: (name, pixels [N, H, W] in 0...255, SeveralLabels)."""
    labels = [f"label {k}" for k in range(parts[0][2].targets.shape[1])]
    lines = [["path", *labels, "split"]]
    for name, pixels, targets in parts:
        for index, (image, row) in enumerate(zip(pixels, targets.rows(name))):
            path = f"{name}-{index:05}.png"
            Image.fromarray(image).save(os.path.join(folder, path))
            lines.append([path, *row])
    path = os.path.join(folder, "table.csv")
    with open(path, "w") as file:
        file.writelines(",".join(line) + "\n" for line in lines)
    return path, labels
