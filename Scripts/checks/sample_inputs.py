"""Inputs for checks: colour pictures in folders, tables and tensors, the same bytes on every machine."""

import json
import pathlib
import random
import struct
import zlib

CLASSES = ["disc", "square", "stripes"]


def png(width, height, pixels, channels=3):
    """-> the file's bytes. `pixels` holds height rows of width pixels, 8 bits a channel: 1 grey, 3 RGB, 4 RGBA."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    stride = width * channels
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, height * stride, stride))
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    # Stored, not deflated: compressors differ between versions of zlib, and runs remember the sizes of files.
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def picture(kind, width, height, generator, channels=3):
    """-> a PNG file of one of the classes: a shape in one colour on another, with noise."""
    back, front = ([generator.randrange(256) for _ in range(channels)] for _ in range(2))
    x0, y0 = generator.uniform(0.3, 0.7) * width, generator.uniform(0.3, 0.7) * height
    radius, period = generator.uniform(0.2, 0.4) * min(width, height), generator.randrange(4, 9)
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            inside = {
                "disc": (x - x0) ** 2 + (y - y0) ** 2 < radius**2,
                "square": max(abs(x - x0), abs(y - y0)) < radius,
                "stripes": (x + y) // period % 2 == 0,
            }[kind]
            for value in front if inside else back:
                pixels.append(min(255, max(0, value + generator.randrange(-12, 13))))
    return png(width, height, bytes(pixels), channels)


def write_pictures(folder, train, val, sides=(24, 64), seed=1):
    """Writes `train` and `val` pictures of each class to folder/train/CLASS and folder/val/CLASS; no two alike."""
    generator = random.Random(seed)
    for part, count in (("train", train), ("val", val)):
        for kind in CLASSES:
            place = pathlib.Path(folder, part, kind)
            place.mkdir(parents=True)
            for index in range(count):
                # Grey and transparent pictures too.
                channels = {3: 1, 5: 4}.get(index, 3)
                size = [generator.randrange(*sides) for _ in range(2)]
                (place / f"{index}.png").write_bytes(picture(kind, *size, generator, channels))


def write_picture_table(path, folder):
    """Writes a CSV file that lists the pictures of `folder`, which lies beside it, for `--dataset csv:`."""
    lines = ["path,label,split"]
    for file in sorted(pathlib.Path(folder).glob("*/*/*.png")):
        lines.append(f"{file.relative_to(path.parent)},{file.parent.name},{file.parent.parent.name}")
    path.write_text("\n".join(lines) + "\n")


def write_houses(folder, rows=(90, 30), seed=2):
    """Writes train.csv, with the column `price`, and test.csv, without: numbers, texts, and values that are missing."""
    generator = random.Random(seed)
    for name, count in zip(("train.csv", "test.csv"), rows):
        lines = ["id,area,rooms,quarter,year" + (",price" if name == "train.csv" else "")]
        for index in range(count):
            area, rooms = generator.randrange(30, 250), generator.randrange(1, 9)
            quarter, year = generator.choice(["north", "south", "harbour", ""]), generator.choice(["", "1950", "1998"])
            line = f"{index + 1},{area},{rooms if index % 7 else ''},{quarter},{year}"
            if name == "train.csv":
                line += f",{1000 * area + 5000 * rooms + (40000 if quarter == 'harbour' else 0)}"
            lines.append(line)
        pathlib.Path(folder, name).write_text("\n".join(lines) + "\n")


def write_tensor(path, name, shape, seed=3):
    """Writes a safetensors file of one fp32 tensor with values of -2 to 2."""
    generator = random.Random(seed)
    count = 1
    for extent in shape:
        count *= extent
    values = struct.pack(f"<{count}f", *(generator.uniform(-2, 2) for _ in range(count)))
    header = {name: {"dtype": "F32", "shape": shape, "data_offsets": [0, len(values)]}}
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + values)


def write_all(folder):
    """Writes everything that the commands of `same_outputs.py` read."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    write_pictures(folder / "pictures", train=8, val=4)
    write_picture_table(folder / "pictures.csv", folder / "pictures")
    write_houses(folder)
    write_tensor(folder / "batch.safetensors", "input", [3, 1, 48, 48])
