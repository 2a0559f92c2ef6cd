#!/usr/bin/env python3
"""Makes the pictures with which the tests compare this package's decoding and preprocessing with Pillow's.

    pip install 'pillow>=13' numpy && Scripts/make_image_fixtures.py

Writes Tests/DenseNetDataTests/Fixtures/pictures: JPEG and PNG files, and beside them
- expected.bin: for each file its name (one byte of length), height and width (16 bits each, lowest byte first), the
  pixels [H, W, 3] of `ImageOps.exif_transpose(Image.open(file)).convert("RGB")` and those [H, W] of `convert("L")`.
  Grey of 16 bits is scaled by its high byte instead, where Pillow clips.
- preprocessing.bin: for each case a line of JSON (16 bits of length), the input's height, width, channels and seed and
  the output's height and width (16 bits each), and the output's pixels [H, W, C]. Pixels of the input come from the
  seed, as in make_resize_fixtures.py. The steps are those of torchvision's Resize and CenterCrop on Pillow images.
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
import PIL
from PIL import Image, ImageOps
from make_resize_fixtures import pixels

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/DenseNetDataTests/Fixtures/pictures"
WIDTH, HEIGHT = 23, 17
GENERATOR = np.random.default_rng(2026)


def scene(width=WIDTH, height=HEIGHT):
    """Smooth colour with noise and sharp edges: all that an encoder can get wrong."""
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([x * 255 / width, y * 255 / height, 128 + 120 * np.sin(x / 3 + y / 5)], axis=-1)
    noise = GENERATOR.normal(0, 18, smooth.shape)
    edges = ((x // 5 + y // 4) % 3 == 0)[..., None] * np.array([90, -80, 60])
    return np.clip(smooth + noise + edges, 0, 255).astype(np.uint8)


def jpeg(mode="RGB", **options):
    target = io.BytesIO()
    Image.fromarray(scene()).convert(mode).save(target, "JPEG", **{"quality": 85, **options})
    return target.getvalue()


def exif(orientation, order="<", kind=3):
    """TIFF data with one other entry before the orientation, as cameras write it."""
    value = {1: "B3x", 3: "H2x", 4: "I"}[kind]
    start = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIH2x", 0x0100, 3, 1, WIDTH)
    entries += struct.pack(order + "HHI" + value, 0x0112, kind, 1, orientation)
    return start + struct.pack(order + "IH", 8, 2) + entries + struct.pack(order + "I", 0)


def as_ycck(cmyk):
    """A CMYK file whose Adobe segment says that its inks are YCCK."""
    at = cmyk.index(b"Adobe") + 11
    assert cmyk[at] == 0
    return cmyk[:at] + b"\2" + cmyk[at + 1 :]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


# Adam7: first column and row of each pass, and their steps.
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, colour, depth, interlaced=False, before=b"", after=b"", width=WIDTH, height=HEIGHT):
    """A PNG of samples [H, W, channels], in every kind that the format has. Filters alternate."""

    def rows(part):
        packed = b""
        for row in part:
            if depth == 16:
                packed += b"\0" + row.astype(">u2").tobytes()
            elif depth == 8:
                packed += b"\1" + np.diff(row.astype(np.int16), axis=0, prepend=0).astype(np.uint8).tobytes()
            else:
                bits = "".join(format(int(value), f"0{depth}b") for value in row.reshape(-1))
                bits += "0" * (-len(bits) % 8)
                packed += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
        return packed

    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [samples]
    content = b"".join(rows(part) for part in parts if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    data = zlib.compress(content, 9)
    half = len(data) // 2
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data[:half])
        + chunk(b"IDAT", data[half:]) + after + chunk(b"IEND", b"")
    )


def png_files():
    rgb = scene()
    grey = rgb[..., :1]
    alpha = GENERATOR.integers(0, 256, grey.shape, dtype=np.uint8)
    wide = rgb.astype(np.uint16) * 256 + GENERATOR.integers(0, 256, rgb.shape, dtype=np.uint16)
    for interlaced in (False, True):
        kind = "_interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8):
            yield f"grey{depth}{kind}.png", png(grey >> (8 - depth), 0, depth, interlaced)
            palette = GENERATOR.integers(0, 256, (1 << depth, 3), dtype=np.uint8).tobytes()
            yield f"palette{depth}{kind}.png", png(
                grey >> (8 - depth), 3, depth, interlaced, before=chunk(b"PLTE", palette))
        yield f"grey16{kind}.png", png(wide[..., :1], 0, 16, interlaced)
        yield f"grey_alpha{kind}.png", png(np.concatenate([grey, alpha], -1), 4, 8, interlaced)
        yield f"grey_alpha16{kind}.png", png(np.concatenate([wide[..., :1], wide[..., 2:]], -1), 4, 16, interlaced)
        yield f"rgb{kind}.png", png(rgb, 2, 8, interlaced)
        yield f"rgb16{kind}.png", png(wide, 2, 16, interlaced)
        yield f"rgba{kind}.png", png(np.concatenate([rgb, alpha], -1), 6, 8, interlaced)
        yield f"rgba16{kind}.png", png(np.concatenate([wide, wide[..., :1]], -1), 6, 16, interlaced)
    palette = chunk(b"PLTE", GENERATOR.integers(0, 256, (40, 3), dtype=np.uint8).tobytes())
    yield "palette_transparent.png", png(grey % 40, 3, 8, before=palette + chunk(b"tRNS", bytes(range(0, 200, 5))))
    yield "palette_too_short.png", png(grey % 60, 3, 8, before=palette)
    yield "grey_transparent.png", png(grey, 0, 8, before=chunk(b"tRNS", b"\0\x40"))
    yield "rgb_transparent.png", png(rgb, 2, 8, before=chunk(b"tRNS", b"\0\x40\0\x20\0\x10"))
    # A gamma or a background is nothing that Pillow applies.
    extras = chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"bKGD", b"\0\1\0\2\0\3")
    yield "rgb_gamma.png", png(rgb, 2, 8, before=extras + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 5000)))
    yield "rgb_exif.png", png(rgb, 2, 8, before=chunk(b"eXIf", exif(6, ">")))
    yield "rgb_exif_late.png", png(rgb, 2, 8, after=chunk(b"eXIf", exif(3)))
    yield "one_pixel.png", png(rgb[:1, :1], 2, 8, width=1, height=1)


def jpeg_files():
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        yield f"baseline_{name}.jpg", jpeg(subsampling=subsampling)
        yield f"progressive_{name}.jpg", jpeg(subsampling=subsampling, progressive=True)
    yield "restarts.jpg", jpeg(restart_marker_blocks=1)
    yield "rough.jpg", jpeg(quality=5)
    yield "rgb_inside.jpg", jpeg(keep_rgb=True)
    yield "grey.jpg", jpeg("L")
    yield "grey_progressive.jpg", jpeg("L", progressive=True)
    yield "cmyk.jpg", jpeg("CMYK")
    yield "cmyk_progressive.jpg", jpeg("CMYK", progressive=True)
    yield "ycck.jpg", as_ycck(jpeg("CMYK"))
    yield "trailing_bytes.jpg", jpeg() + b"after the end" * 3
    for orientation in range(1, 9):
        yield f"orientation{orientation}.jpg", jpeg(exif=exif(orientation, "<>"[orientation % 2]), quality=60)
    yield "orientation_grey.jpg", jpeg("L", exif=exif(5))
    yield "orientation_grey_byte.jpg", jpeg("L", exif=exif(8, kind=1))
    yield "orientation_grey_long.jpg", jpeg("L", exif=exif(6, ">", kind=4))
    yield "orientation_grey_absurd.jpg", jpeg("L", exif=exif(9))
    yield "orientation_grey_broken.jpg", jpeg("L", exif=exif(6)[:14])


def expected(name, content):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image, dtype=np.uint16) >> 8).astype(np.uint8))
    record = bytes([len(name)]) + name.encode() + struct.pack("<HH", image.height, image.width)
    return record + image.convert("RGB").tobytes() + image.convert("L").tobytes()


def resize_and_crop(image, recipe):
    """torchvision.transforms.functional: _compute_resized_output_size, center_crop and pad, on Pillow images."""
    image = image.convert({1: "L", 3: "RGB"}[recipe["inputChannels"]])
    method = Image.Resampling[recipe.get("interpolation", "bilinear").upper()]
    resize = recipe.get("resize", {})
    if "exact" in resize:
        height, width = resize["exact"]
        image = image.resize((width, height), method)
    elif "shorterSide" in resize:
        size = resize["shorterSide"]
        short, long = sorted(image.size)
        other = int(size * long / short)
        image = image.resize((size, other) if image.width <= image.height else (other, size), method)
    if "crop" in recipe:
        height, width = recipe["crop"]
        if width > image.width or height > image.height:
            left, top = max(width - image.width, 0), max(height - image.height, 0)
            image = ImageOps.expand(image, (left // 2, top // 2, (left + 1) // 2, (top + 1) // 2), fill=0)
        top, left = int(round((image.height - height) / 2.0)), int(round((image.width - width) / 2.0))
        image = image.crop((left, top, left + width, top + height))
    return image


# Input height, width and channels, and the recipe.
RECIPES = [
    (60, 45, 3, {"inputChannels": 3, "resize": {"shorterSide": 24}, "crop": [20, 20]}),
    (45, 60, 3, {"inputChannels": 3, "resize": {"shorterSide": 25}, "crop": [20, 22]}),
    (33, 33, 3, {"inputChannels": 3, "resize": {"shorterSide": 33}, "crop": [16, 15]}),
    (41, 30, 3, {"inputChannels": 3, "resize": {"shorterSide": 17}}),
    (90, 13, 3, {"inputChannels": 3, "resize": {"shorterSide": 10}, "crop": [12, 12]}),
    (13, 90, 3, {"inputChannels": 3, "resize": {"exact": [16, 12]}}),
    (130, 40, 3, {"inputChannels": 3, "resize": {"exact": [20, 30]}, "crop": [11, 14]}),
    (19, 23, 3, {"inputChannels": 3, "crop": [10, 12]}),
    (9, 14, 3, {"inputChannels": 3, "crop": [14, 9]}),
    (9, 14, 3, {"inputChannels": 3, "crop": [12, 17]}),
    (28, 28, 1, {"inputChannels": 1, "resize": {"exact": [32, 32]}}),
    (31, 22, 3, {"inputChannels": 1, "resize": {"shorterSide": 18}, "crop": [15, 15]}),
    (31, 22, 1, {"inputChannels": 3, "resize": {"shorterSide": 18}, "crop": [15, 15]}),
    (1, 1, 3, {"inputChannels": 3, "resize": {"shorterSide": 8}, "crop": [9, 7]}),
    (2, 120, 3, {"inputChannels": 3, "resize": {"shorterSide": 16}, "crop": [16, 16]}),
] + [
    (height, width, channels, {"inputChannels": channels, "interpolation": name, **rest})
    for name in ("nearest", "bicubic", "lanczos")
    for height, width, channels, rest in [
        (37, 29, 1, {"resize": {"exact": [13, 50]}}),
        (60, 45, 3, {"resize": {"shorterSide": 24}, "crop": [20, 20]}),
        (11, 14, 3, {"resize": {"shorterSide": 19}, "crop": [18, 18]}),
        (70, 20, 1, {"resize": {"exact": [15, 21]}}),
    ]
]


def preprocessing():
    for seed, (height, width, channels, recipe) in enumerate(RECIPES, start=1):
        mode = {1: "L", 3: "RGB"}[channels]
        image = Image.frombytes(mode, (width, height), pixels(height * width * channels, seed))
        result = resize_and_crop(image, recipe)
        text = json.dumps(recipe).encode()
        yield struct.pack("<H", len(text)) + text
        yield struct.pack("<6H", height, width, channels, seed, result.height, result.width) + result.tobytes()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    records = b""
    for name, content in [*jpeg_files(), *png_files()]:
        (FOLDER / name).write_bytes(content)
        records += expected(name, content)
    (FOLDER / "expected.bin").write_bytes(records)
    (FOLDER / "preprocessing.bin").write_bytes(b"".join(preprocessing()))
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    print(f"{FOLDER}: {len(list(FOLDER.iterdir()))} files, {size:,} bytes, Pillow {PIL.__version__}")


if __name__ == "__main__":
    main()
