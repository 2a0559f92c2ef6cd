#!/usr/bin/env python3
"""Compiles the Swift code of the readme and of the libraries' articles: documented_code.py BUILD-FOLDER

All blocks of a page are one program, in their order; a page may leave out imports that every block needs. A block of
a package description is left out, and must name the product of each module that the page's code imports. Needs the
modules of `swift build -c release` in BUILD-FOLDER.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("Sources/*/*.docc/*.md"))]
IMPORTS = [f"import {name}" for name in
           ("Foundation", "DenseNets", "DenseNetData", "DenseNetIO", "DenseNetReports", "DenseNetTasks")]


def program(page):
    blocks = re.findall(r"^```swift\n(.*?)^```", page.read_text(), re.S | re.M)
    blocks = [block for block in blocks if ".package(" not in block]
    lines = [line for block in blocks for line in block.splitlines()]
    return "\n".join(IMPORTS + [line for line in lines if line not in IMPORTS]) + "\n" if blocks else None


def missing_products(page):
    """What the page's code imports of this package and its package description does not name."""
    blocks = re.findall(r"^```swift\n(.*?)^```", page.read_text(), re.S | re.M)
    descriptions = "".join(block for block in blocks if ".package(" in block)
    if not descriptions:
        return []
    imported = re.findall(r"^import (DenseNet\w+)", "".join(blocks), re.M)
    return [name for name in imported if f'.product(name: "{name}"' not in descriptions]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    options = ["-typecheck", "-swift-version", "6", "-I", build / "Modules"]
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
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for page in PAGES:
            code = program(page)
            if code is None:
                continue
            if "import Hummingbird\n" in code and not (build / "Modules" / "Hummingbird.swiftmodule").exists():
                print(f"{page.relative_to(ROOT)}: left out, since the build has no server (trait Serve)")
                continue
            if missing := missing_products(page):
                failed += 1
                print(f"{page.relative_to(ROOT)}: the package description does not name {', '.join(missing)}")
            file = pathlib.Path(folder) / "main.swift"
            file.write_text(code)
            result = subprocess.run(
                ["swiftc", *options, file], capture_output=True, text=True)
            failed += result.returncode != 0
            print(f"{page.relative_to(ROOT)}: {'compiles' if result.returncode == 0 else 'does not compile'}")
            if result.returncode:
                print(result.stderr)
    sys.exit(failed > 0)


main()
