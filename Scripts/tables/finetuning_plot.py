"""Lines against a count that is spread by its logarithm, as an SVG document, in the colours of the program's charts."""

import html
import math

LIGHT = {"background": "#ffffff", "frame": "#8c959f", "grid": "#e4e8ec", "text": "#1f2328", "faint": "#59636e"}
DARK = {"background": "#0d1117", "frame": "#6e7681", "grid": "#262c36", "text": "#f0f6fc", "faint": "#9aa4b0"}
LINES = [("#0072b2", "#58b4f0"), ("#c24a00", "#ff9a57"), ("#007a5a", "#3ddba8"), ("#9c3d8a", "#e48fd3"),
         ("#7d5f00", "#e0c04c"), ("#5b5fc7", "#a5a8ff")]
DASHES = ["", ' stroke-dasharray="7 4"', ' stroke-dasharray="10 4 2 4"']
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
WIDTH, LEFT, RIGHT, PLOT, ROW = 460, 50, 394, 230, 21


def document(title, axis, lines):
    """- lines: by name, the points (count, share of 1) from left to right"""
    counts = sorted({count for points in lines.values() for count, _ in points})
    values = [value for points in lines.values() for _, value in points]
    lowest, highest = math.floor(10 * min(values)), math.ceil(10 * max(values))
    top = 50 + ROW * ((len(lines) + 1) // 2)
    bottom = top + PLOT

    def x(count):
        return LEFT + 12 + (RIGHT - LEFT - 24) * math.log(count / counts[0]) / math.log(counts[-1] / counts[0])

    def y(value):
        return bottom - PLOT * (10 * value - lowest) / (highest - lowest)

    parts = [f'<rect class="background" width="{WIDTH}" height="{bottom + 46}" fill="{LIGHT["background"]}"/>',
             _text(12, 24, title, "text", 'font-weight="600"')]
    for tick in range(lowest, highest + 1):
        height = y(tick / 10)
        parts.append(f'<path class="grid" d="M{LEFT} {height:.1f}H{RIGHT}" stroke="{LIGHT["grid"]}"/>')
        parts.append(_text(LEFT - 8, height + 4.5, f"{10 * tick}%", "faint", 'text-anchor="end"'))
    parts.append(f'<path class="frame" d="M{LEFT} {bottom}H{RIGHT}" stroke="{LIGHT["frame"]}"/>')
    for count in counts:
        parts.append(f'<path class="frame" d="M{x(count):.1f} {bottom}v4" stroke="{LIGHT["frame"]}"/>')
        parts.append(_text(x(count), bottom + 18, count, "faint", 'text-anchor="middle"'))
    parts.append(_text((LEFT + RIGHT) / 2, bottom + 38, axis, "faint", 'text-anchor="middle"'))
    for index, (name, points) in enumerate(lines.items()):
        left, height = 12 + 224 * (index % 2), 50 + ROW * (index // 2)
        parts.append(_path(index, f"M{left} {height}h26"))
        parts.append(_text(left + 33, height + 4.5, name, "text"))
        parts.append(_path(index, "M" + "L".join(f"{x(count):.1f} {y(value):.1f}" for count, value in points)))
        parts += [f'<circle class="mark{index}" cx="{x(count):.1f}" cy="{y(value):.1f}" r="2.6" '
                  f'fill="{LINES[index][0]}"/>' for count, value in points]
    parts += [_text(RIGHT + 7, height + 4.5, f"{value:.1%}", f"mark{index}", 'font-weight="600"', LINES[index][0])
              for index, value, height in _ends(lines, y, bottom - 3)]
    ends = ", ".join(f"{name} {points[-1][1]:.1%}" for name, points in lines.items())
    description = html.escape(f"{title} against {axis}, up to {counts[-1]}. At the end: {ends}.")
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 46}" width="{WIDTH}" '
        f'height="{bottom + 46}" role="img" font-family="{FONTS}" font-size="13">',
        f"<title>{html.escape(title)}</title>\n<desc>{description}</desc>", f"<style>{_dark(len(lines))}</style>",
        *parts, "</svg>", ""])


def _ends(lines, y, lowest):
    """Each line's index, its last value, and a height for that, so that no two texts overlap."""
    ends = sorted((y(points[-1][1]), index, points[-1][1]) for index, points in enumerate(lines.values()))
    heights = []
    for height, _, _ in ends:
        heights.append(max(height, heights[-1] + 15) if heights else height)
    excess = max(heights[-1] - lowest, 0)
    return [(index, value, height - excess) for (_, index, value), height in zip(ends, heights)]


def _text(x, y, content, style, attributes="", color=None):
    return (f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" fill="{color or LIGHT[style]}" {attributes}>'
            f"{html.escape(str(content))}</text>").replace(" >", ">")


def _path(index, path):
    return (f'<path class="line{index}" d="{path}" fill="none" stroke="{LINES[index][0]}" stroke-width="2" '
            f'stroke-linejoin="round"{DASHES[index % len(DASHES)]}/>')


def _dark(lines):
    """Rules for viewers that prefer dark."""
    rules = [f".{name}{{{'stroke' if name in ('frame', 'grid') else 'fill'}:{color}}}" for name, color in DARK.items()]
    for index in range(lines):
        rules.append(f".line{index}{{stroke:{LINES[index][1]}}}.mark{index}{{fill:{LINES[index][1]}}}")
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
