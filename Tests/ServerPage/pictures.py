"""Pictures for the page's test, drawn and read by the standard library alone: flowers of four colours, as PNG."""

import math
import struct
import zlib

COLOURS = {"poppy": (206, 44, 40), "sunflower": (240, 186, 24), "cornflower": (62, 92, 214), "mallow": (196, 92, 190)}


def png(width, height, rows, channels=3):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def flower(name, width=320, height=240, centre=(0.5, 0.5), petals=6):
    """-> the bytes of a PNG: a flower on grass"""
    colour, rows = COLOURS[name], []
    radius = 0.42 * min(width, height)
    for y in range(height):
        row = bytearray()
        for x in range(width):
            dx, dy = x - centre[0] * width, y - centre[1] * height
            distance, angle = math.hypot(dx, dy) / radius, math.atan2(dy, dx)
            shade = 0.78 + 0.22 * y / height + 0.05 * math.sin(x * 0.31 + 5 * math.sin(y * 0.043))
            pixel = [92 * shade, 128 * shade, 84 * shade]
            edge = 0.74 + 0.26 * abs(math.cos(petals * angle / 2))
            inside = min(max((edge - distance) * radius / 1.5, 0), 1)
            light = 0.72 + 0.34 * distance + 0.05 * math.cos(petals * 4 * angle)
            pixel = [p + inside * (min(c * light, 255) - p) for p, c in zip(pixel, colour)]
            core = min(max((0.22 - distance) * radius / 1.5, 0), 1)
            pixel = [p + core * (c - p) for p, c in zip(pixel, (70, 52, 30))]
            row += bytes(min(max(round(p), 0), 255) for p in pixel)
        rows.append(row)
    return png(width, height, rows)


def heat_map(side=56, centre=(0.5, 0.5)):
    """-> the bytes of a PNG: a warm spot on blue"""
    stops = [
        (48, 18, 59),
        (70, 107, 227),
        (40, 188, 235),
        (50, 242, 152),
        (164, 252, 60),
        (238, 207, 58),
        (251, 126, 33),
        (208, 47, 5),
    ]
    rows = []
    for y in range(side):
        row = bytearray()
        for x in range(side):
            heat = math.exp(-((x / side - centre[0]) ** 2 + (y / side - centre[1]) ** 2) / 0.07) * (len(stops) - 1)
            low = min(int(heat), len(stops) - 2)
            row += bytes(round(a + (heat - low) * (b - a)) for a, b in zip(stops[low], stops[low + 1]))
        rows.append(row)
    return png(side, side, rows)


def petal_colour(data):
    """-> the mean colour of the petals of a PNG of 8 bits, with or without alpha; ValueError for others"""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG")
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if depth != 8 or kind not in (2, 6) or interlaced:
        raise ValueError("a PNG of a kind that this server does not read")
    place, packed = 8, b""
    while place < len(data):
        length = struct.unpack(">I", data[place : place + 4])[0]
        if data[place + 4 : place + 8] == b"IDAT":
            packed += data[place + 8 : place + 8 + length]
        place += 12 + length
    channels = {2: 3, 6: 4}[kind]
    rows = unfiltered(zlib.decompress(packed), width * channels, channels)
    sums, count = [0, 0, 0], 0
    for y in range(0, height, 2):
        for x in range(0, width, 2):
            pixel = rows[y][x * channels : x * channels + 3]
            # Grass and the flower's core are dull.
            if max(pixel) - min(pixel) > 60:
                sums, count = [s + p for s, p in zip(sums, pixel)], count + 1
    return [s / max(count, 1) for s in sums]


def unfiltered(data, stride, channels):
    rows, above = [], bytearray(stride)
    for start in range(0, len(data), stride + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        for i in range(stride) if kind else ():
            left = row[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            guess = [0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner)][kind]
            row[i] = (row[i] + guess) & 255
        rows.append(row)
        above = row
    return rows


def paeth(left, above, corner):
    p = left + above - corner
    return min((abs(p - left), 0, left), (abs(p - above), 1, above), (abs(p - corner), 2, corner))[2]
