#!/usr/bin/env python3
"""Compiles the Swift code of the readme, the libraries' articles and the lesson, and runs the lesson:

    documented_code.py BUILD-FOLDER
    documented_code.py BUILD-FOLDER --lesson FOLDER     # the lesson alone, which leaves its pictures in FOLDER

All blocks of a page are one program, in their order; a page may leave out imports that every block needs. A block of
a package description is left out, and must name the product of each module that the page's code imports. Needs the
modules of `swift build -c release` in BUILD-FOLDER.

A page with blocks of `output` is a program to run: each holds what the block of code before it prints. Words and whole
numbers must agree; a decimal may differ by one in its last place, as rounding does from machine to machine. Pictures
that the page shows from its own folder of images must be among the files that the program writes.
"""
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile
from decimal import Decimal

ROOT = pathlib.Path(__file__).resolve().parents[2]
LESSON = ROOT / "docs/lesson.md"
TRANSLATION = ROOT / "docs/zh/lesson.md"
PAGES = [ROOT / "README.md", LESSON, *sorted(ROOT.glob("Sources/*/*.docc/*.md"))]
IMPORTS = [f"import {name}" for name in
           ("Foundation", "DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks")]
BLOCK = re.compile(r"^```swift\n(.*?)^```\n(?:\s*^```output\n(.*?)^```)?", re.S | re.M)
DECIMAL = re.compile(r"-?\d+\.\d+")
# The linker's options of the targets below Sources that wrap libraries of the system.
LIBRARIES = [f"-l{name}" for name in ("z", "zip", "jpeg", "png", "webpdemux", "webp", "gif", "tiff")]
LIBRARIES += ["-L/opt/homebrew/lib"] if sys.platform == "darwin" else ["-lcrypto", "-lm"]
# Printed after each block of code, so that its output can be told from the next one's.
MARK = "\u241e"


def blocks(page):
    """Of each block of code: its first line's number, the code, and what it prints, or None."""
    text = page.read_text()
    return [(text.count("\n", 0, match.start(1)) + 1, match[1], match[2]) for match in BLOCK.finditer(text)
            if ".package(" not in match[1]]


def program(page, marks=False):
    """The page's code, with the page's own line numbers for messages."""
    parts = list(IMPORTS)
    for line, code, _ in blocks(page):
        parts += [f'#sourceLocation(file: "{page.relative_to(ROOT)}", line: {line})']
        parts += ["" if text in IMPORTS else text for text in code.splitlines()]
        parts += ["#sourceLocation()"] + ([f'print("{MARK}")'] if marks else [])
    return "\n".join(parts) + "\n" if len(parts) > len(IMPORTS) else None


def missing_products(page):
    """What the page's code imports of this package and its package description does not name."""
    code = re.findall(r"^```swift\n(.*?)^```", page.read_text(), re.S | re.M)
    descriptions = "".join(block for block in code if ".package(" in block)
    if not descriptions:
        return []
    imported = re.findall(r"^import (DenseNet\w+)", "".join(code), re.M)
    return [name for name in imported if f'.product(name: "{name}"' not in descriptions]


def module_options(build):
    """Where the compiler finds the modules of the build."""
    options = ["-swift-version", "6", "-I", build / "Modules"]
    # Modules that were compiled for testing show what they import.
    own = list(ROOT.glob("Sources/*/include/module.modulemap"))
    # The build's own maps are for targets without one; an older build may have left more.
    made = [path for path in build.glob("*.build/module.modulemap")
            if path.parent.stem not in {path.parent.parent.name for path in own}]
    module_maps = [
        *made, *own, *ROOT.glob("Sources/*/module.modulemap"),
        *build.parents[1].glob("checkouts/*/Sources/*/include/module.modulemap"),
    ]
    for module_map in module_maps:
        options += ["-Xcc", f"-fmodule-map-file={module_map}"]
    return options


def compile_page(page, code, options, folder):
    """Whether the compiler takes the page's code; the messages are printed."""
    file = folder / "main.swift"
    file.write_text(code)
    result = subprocess.run(["swiftc", *options, file], capture_output=True, text=True)
    print(f"{page.relative_to(ROOT)}: {'compiles' if result.returncode == 0 else 'does not compile'}")
    if result.returncode:
        print(result.stderr)
    return result.returncode == 0


def objects(build):
    """All that the command is linked from, but the command itself."""
    listed = (build / "densenet.product" / "Objects.LinkFileList").read_text().splitlines()
    paths = [line.strip().strip("'\"") for line in listed]
    return [path for path in paths if "/densenet.build/" not in path]


def agrees(wanted, printed):
    """Equal, but for one in the last place of decimals."""
    if DECIMAL.sub("#", wanted) != DECIMAL.sub("#", printed):
        return False
    for a, b in zip(DECIMAL.findall(wanted), DECIMAL.findall(printed)):
        places = len(a.split(".")[1])
        if len(b.split(".")[1]) != places or abs(Decimal(a) - Decimal(b)) > Decimal(1).scaleb(-places):
            return False
    return True


def run_page(page, build, options, pictures):
    """Whether the page's program prints what the page says, and writes the pictures that it shows."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        binary = folder / "page"
        # An object file each is an argument, so that the driver links what its module asks for.
        linked = [*options, *objects(build), *LIBRARIES, "-o", binary]
        if not compile_page(page, program(page, marks=True), linked, folder):
            return False
        result = subprocess.run([binary], cwd=pictures, capture_output=True, text=True)
    title = page.relative_to(ROOT)
    printed = result.stdout.split(f"{MARK}\n")
    cells = blocks(page)
    wrong = 0
    for (line, _, wanted), found in zip(cells, printed):
        if not agrees(wanted or "", found):
            wrong += 1
            print(f"{title}:{line}: the output is another than the page says")
            print("".join(difflib.ndiff((wanted or "").splitlines(True), found.splitlines(True))))
    if result.returncode or len(printed) != len(cells) + 1:
        print(f"{title}: ended with status {result.returncode} after {len(printed) - 1} of {len(cells)} blocks")
        print(printed[-1] + result.stderr)
        return False
    shown = re.findall(rf"\]\(images/{page.stem}/([^)]+)\)", page.read_text())
    missing = [name for name in shown if not (pictures / name).is_file()]
    if missing:
        print(f"{title}: the program does not write {', '.join(missing)}")
    if not wrong and not missing:
        print(f"{title}: prints what it says, in {len(cells)} blocks, and writes {len(shown)} pictures")
    return not wrong and not missing


def same_cells():
    """Whether the translation has the lesson's code and output; comments are in its own language."""
    def cells(page):
        return [(re.sub(r"\s*//.*", "", code), output) for _, code, output in blocks(page)]
    for own, other in zip(blocks(TRANSLATION), zip(cells(LESSON), cells(TRANSLATION))):
        if other[0] != other[1]:
            print(f"{TRANSLATION.relative_to(ROOT)}:{own[0]}: the block is another than in {LESSON.relative_to(ROOT)}")
            return False
    if len(blocks(LESSON)) != len(blocks(TRANSLATION)):
        print(f"{TRANSLATION.relative_to(ROOT)}: has another number of blocks than {LESSON.relative_to(ROOT)}")
        return False
    return True


def check(page, build, options, pictures):
    code = program(page)
    if code is None:
        return True
    if "import Hummingbird\n" in code and not (build / "Modules" / "Hummingbird.swiftmodule").exists():
        print(f"{page.relative_to(ROOT)}: left out, since the build has no server (trait Serve)")
        return True
    missing = missing_products(page)
    if missing:
        print(f"{page.relative_to(ROOT)}: the package description does not name {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        if any(output for _, _, output in blocks(page)):
            return run_page(page, build, options, pictures or pathlib.Path(folder)) and not missing
        return compile_page(page, code, ["-typecheck", *options], pathlib.Path(folder)) and not missing


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    pictures = pathlib.Path(sys.argv[3]).resolve() if sys.argv[2:3] == ["--lesson"] else None
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
    options = module_options(build)
    pages = [LESSON] if pictures else PAGES
    passed = [check(page, build, options, pictures) for page in pages] + [same_cells()]
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
