#!/usr/bin/env python3
"""Looks at a page in headless Chromium: light and dark, on a desk (1280 px) and on a phone (375 px).

    apt-get install chromium && python -m pip install playwright
    python Scripts/checks/screenshot_report.py runs/first/report.html --output /tmp/screenshots

It writes four pictures of the whole page, and fails where the page asks for another file, is wider than the screen,
reports an error, leaves a picture without a text in its place, or has text of too little contrast (WCAG 2.2: 4.5).
"""
import argparse
import pathlib
import shutil
import sys

from playwright.sync_api import sync_playwright

# Width, height, and dots to a pixel.
SCREENS = {"desk": (1280, 900, 1), "phone": (375, 812, 2)}

# Texts whose contrast with the first background behind them is below 4.5, in HTML and in SVG.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = c => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const v = c[i] / 255;
    return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  }, 0);
  const background = element => {
    for (let e = element; e; e = e.parentElement) {
      const color = rgb(getComputedStyle(e).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgb('white');
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ['title', 'desc', 'STYLE'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const text = luminance(rgb(element instanceof SVGElement ? style.fill : style.color));
    const back = luminance(background(element));
    const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (ratio < 4.5) low.push(`${walker.currentNode.data.trim().slice(0, 30)} (${ratio.toFixed(2)})`);
  }
  return low;
}"""


def look(page, url, folder, screen, theme):
    """-> what is wrong"""
    problems, asked = [], []
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith("data:") else None)
    page.on("console", lambda message: problems.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.goto(url)
    problems += [f"asks for {other}" for other in asked if other != url]
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > SCREENS[screen][0]:
        problems.append(f"is {width} px wide")
    bare = page.evaluate("[...document.images].filter(i => !i.alt || !i.naturalWidth).length")
    bare += page.evaluate("[...document.querySelectorAll('svg')].filter(s => !s.querySelector('title')).length")
    if bare:
        problems.append(f"{bare} pictures have no text in their place, or cannot be read")
    problems += [f"contrast: {text}" for text in page.evaluate(CONTRAST)[:5]]
    page.screenshot(path=folder / f"{screen}-{theme}.png", full_page=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the folder for the pictures")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    url = arguments.page.resolve().as_uri()
    failures = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for screen, (width, height, scale) in SCREENS.items():
            for theme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme=theme
                )
                problems = look(page, url, arguments.output, screen, theme)
                failures += len(problems)
                print(f"  {'FAIL' if problems else 'ok  '}  {screen}, {theme}", *problems, sep="\n        ")
                page.close()
        browser.close()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
