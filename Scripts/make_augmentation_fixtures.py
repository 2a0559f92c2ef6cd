#!/usr/bin/env python3
"""Makes the images with which the tests compare this package's augmentation with torchvision's on Pillow images.

    pip install 'pillow>=13' torch torchvision && Scripts/make_augmentation_fixtures.py

Writes Tests/DenseNetDataTests/Fixtures/augmentation.bin: cases one after the other, each a line of an operation and its
numbers (16 bits of length), the input's height, width, channels and seed, the output's height and width (16 bits each,
lowest byte first), and the output's pixels [H, W, C]. Pixels of the input come from the seed, as in
make_resize_fixtures.py. Beside it hues.txt: the md5 of 52^3 evenly spread colours after a turn of their
hues, a line each.
"""

import hashlib
import pathlib
import struct

import numpy as np
import PIL
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F
from make_resize_fixtures import pixels

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/DenseNetDataTests/Fixtures"
# Height, width, channels.
SHAPES = [(32, 32, 3), (28, 28, 1), (17, 23, 3), (24, 9, 1), (1, 5, 3)]
HUE_TURNS = [-0.5, -0.31, -0.002, 0.1, 0.25, 0.5]


def operations(height, width):
    """Lines, and what torchvision does for each."""
    for down, right in [(-4, -4), (4, 3), (0, -2), (-1, 0), (3, 4)]:
        padded = lambda image, p=4, d=down, r=right: F.crop(F.pad(image, p), p + d, p + r, height, width)
        yield f"shift {down} {right}", padded
    yield "mirror", F.hflip
    yield "flip", F.vflip
    for degrees in [0, 15, -15, 7.25, 30.5, 89.9, 90, -135.75, 180, -0.01]:
        yield f"rotate {degrees}", lambda image, d=degrees: F.rotate(image, d, InterpolationMode.NEAREST)
    parts = [(0, 0, height, width), (height // 3, width // 4, max(height // 2, 1), max(width // 2, 1))]
    for top, left, h, w in parts:
        crop = lambda image, t=top, l=left, h=h, w=w: F.resized_crop(image, t, l, h, w, [20, 16])
        yield f"part {top} {left} {h} {w} 20 16", crop
    for factor in [0, 0.4, 0.73, 1, 1.37, 2.5]:
        yield f"brightness {factor}", lambda image, f=factor: F.adjust_brightness(image, f)
        yield f"contrast {factor}", lambda image, f=factor: F.adjust_contrast(image, f)
        yield f"saturation {factor}", lambda image, f=factor: F.adjust_saturation(image, f)
    for turn in HUE_TURNS:
        yield f"hue {turn}", lambda image, t=turn: F.adjust_hue(image, t)


def cases():
    for seed, (height, width, channels) in enumerate(SHAPES, start=1):
        values = np.frombuffer(pixels(height * width * channels, seed), np.uint8)
        shape = (height, width, 3) if channels == 3 else (height, width)
        image = Image.fromarray(values.reshape(shape))
        for line, operation in operations(height, width):
            result = operation(image)
            assert result.mode == image.mode
            text = line.encode()
            numbers = (height, width, channels, seed, result.height, result.width)
            yield struct.pack("<H", len(text)) + text + struct.pack("<6H", *numbers) + result.tobytes()


def hues():
    """Every fifth value of each channel, red slowest."""
    colors = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3, indexing="ij"), axis=-1)
    image = Image.fromarray(colors.reshape(52 * 52, 52, 3))
    for turn in HUE_TURNS:
        yield f"{turn} {hashlib.md5(F.adjust_hue(image, turn).tobytes()).hexdigest()}\n"


def main():
    target = FOLDER / "augmentation.bin"
    target.write_bytes(b"".join(cases()))
    (FOLDER / "hues.txt").write_text("".join(hues()))
    versions = f"Pillow {PIL.__version__}, torchvision {torchvision.__version__}"
    print(f"{target}: {target.stat().st_size:,} bytes, {versions}")


if __name__ == "__main__":
    main()
