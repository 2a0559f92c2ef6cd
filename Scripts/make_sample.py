#!/usr/bin/env python3
"""Makes the small sample of Fashion-MNIST that ships inside the program.

    Scripts/make_sample.py FOLDER

FOLDER holds the four gzip files of the full set. The sample is the first 200 training images and the first 100 test
images of each class, in the order of the files, written as four gzip IDX files to Sources/CFashionSample/data. The
same input gives the same content; the bytes of the gzip files depend on the version of zlib as well.
"""

import gzip
import pathlib
import struct
import sys

CLASSES = 10
PER_CLASS = {"train": 200, "t10k": 100}


def read_images(path):
    content = gzip.decompress(path.read_bytes())
    magic, count, height, width = struct.unpack(">IIII", content[:16])
    assert magic == 0x0803 and len(content) == 16 + count * height * width, f"{path}: not an IDX file of images"
    size = height * width
    return height, width, [content[16 + i * size : 16 + (i + 1) * size] for i in range(count)]


def read_labels(path):
    content = gzip.decompress(path.read_bytes())
    magic, count = struct.unpack(">II", content[:8])
    assert magic == 0x0801 and len(content) == 8 + count, f"{path}: not an IDX file of labels"
    return content[8:]


def first_of_each_class(labels, per_class):
    taken = [0] * CLASSES
    for index, label in enumerate(labels):
        if taken[label] < per_class:
            taken[label] += 1
            yield index
    assert taken == [per_class] * CLASSES, f"the classes have {taken} images, {per_class} of each are wanted"


def write(path, content):
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    print(f"{path}: {path.stat().st_size:,} bytes")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parent.parent / "Sources/CFashionSample/data"
    target.mkdir(parents=True, exist_ok=True)
    for split, per_class in PER_CLASS.items():
        height, width, images = read_images(source / f"{split}-images-idx3-ubyte.gz")
        labels = read_labels(source / f"{split}-labels-idx1-ubyte.gz")
        assert len(images) == len(labels), f"{split}: {len(images)} images, {len(labels)} labels"
        chosen = list(first_of_each_class(labels, per_class))
        header = struct.pack(">IIII", 0x0803, len(chosen), height, width)
        write(target / f"{split}-images-idx3-ubyte.gz", header + b"".join(images[i] for i in chosen))
        header = struct.pack(">II", 0x0801, len(chosen))
        write(target / f"{split}-labels-idx1-ubyte.gz", header + bytes(labels[i] for i in chosen))
    (target / "LICENSE").write_bytes((source / "LICENSE").read_bytes())


if __name__ == "__main__":
    main()
