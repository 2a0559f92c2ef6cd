"""Fashion-MNIST as the program sees it: the first images of a split, resized as Pillow does it.

Needs: pip install torch==2.13.0 numpy pillow
"""

import gzip
import os
import sys

import numpy as np
import torch
from PIL import Image


def read_idx(folder, name, offset):
    """The bytes after an IDX header, from NAME or NAME.gz, in the folder or in its subfolder fashion-mnist."""
    for path in (os.path.join(f, name) for f in (folder, os.path.join(folder, "fashion-mnist"))):
        for opener, file in ((gzip.open, path + ".gz"), (open, path)):
            if os.path.exists(file):
                with opener(file, "rb") as f:
                    return np.frombuffer(f.read(), np.uint8, offset=offset)
    sys.exit(f"{folder}: found neither {name}.gz nor {name}")


def load_images(folder, split, count, size):
    """The first images as float32 [count, 1, size, size] in 0...1, resized as the chapter does it, and their labels."""
    images = read_idx(folder, f"{split}-images-idx3-ubyte", 16).reshape(-1, 28, 28)[:count]
    labels = read_idx(folder, f"{split}-labels-idx1-ubyte", 8)[:count]
    resized = np.stack([np.asarray(Image.fromarray(i).resize((size, size), Image.BILINEAR)) for i in images])
    return torch.from_numpy(resized).unsqueeze(1).float() / 255, torch.from_numpy(labels.astype(np.int64))
