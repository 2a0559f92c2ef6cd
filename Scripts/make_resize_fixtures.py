#!/usr/bin/env python3
"""Makes the images with which the tests compare this package's resizing with Pillow's, bit for bit.

    pip install 'pillow>=13' && Scripts/make_resize_fixtures.py

Writes Tests/DenseNetDataTests/Fixtures/resize.bin: cases one after the other, each six 32-bit integers (lowest byte
first: input height, input width, output height, output width, channels, seed) and the output's pixels [H, W, C].
The input's pixels come from the seed, so that both sides can make them: see `pixels`.
"""

import pathlib
import struct

import PIL
from PIL import Image

# Input height and width, output height and width, channels.
CASES = [
    (28, 28, 96, 96, 1),
    (28, 28, 224, 224, 1),
    (28, 28, 32, 32, 1),
    (28, 28, 14, 14, 1),
    (28, 28, 28, 28, 1),
    (28, 28, 29, 27, 1),
    (28, 28, 13, 5, 1),
    (28, 28, 1, 1, 1),
    (28, 28, 28, 40, 1),
    (28, 28, 11, 28, 1),
    (1, 1, 7, 5, 1),
    (2, 3, 17, 1, 1),
    (31, 17, 9, 50, 1),
    (97, 61, 33, 20, 1),
    (200, 3, 7, 90, 1),
    (32, 32, 64, 64, 3),
    (32, 32, 24, 24, 3),
    (19, 45, 50, 21, 3),
    (5, 7, 5, 12, 3),
    (64, 48, 15, 15, 3),
    (116, 31, 61, 10, 1),
    (44, 40, 24, 30, 1),
    (44, 40, 23, 30, 1),
    (60, 20, 11, 25, 3),
]


def pixels(count, seed):
    """The high bytes of a linear congruential sequence; extremes are common, so that rounding and limits show."""
    state = seed
    values = bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        kind = state >> 30
        values.append(0 if kind == 0 else 255 if kind == 1 else (state >> 16) & 0xFF)
    return bytes(values)


def main():
    target = pathlib.Path(__file__).resolve().parent.parent / "Tests/DenseNetDataTests/Fixtures/resize.bin"
    target.parent.mkdir(parents=True, exist_ok=True)
    output = bytearray()
    for seed, (in_height, in_width, out_height, out_width, channels) in enumerate(CASES, start=1):
        mode = {1: "L", 3: "RGB"}[channels]
        image = Image.frombytes(mode, (in_width, in_height), pixels(in_height * in_width * channels, seed))
        resized = image.resize((out_width, out_height), Image.Resampling.BILINEAR)
        output += struct.pack("<6I", in_height, in_width, out_height, out_width, channels, seed)
        output += resized.tobytes()
    target.write_bytes(output)
    print(f"{target}: {len(output):,} bytes, Pillow {PIL.__version__}")


if __name__ == "__main__":
    main()
