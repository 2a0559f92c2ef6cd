#!/usr/bin/env python3
"""Writes the documentation as one site of plain pages: site.py SITE [ARCHIVE]

The guides of both languages, every file that they link to, and of DocC's ARCHIVE the library's reference. Pages need no
script and have relative addresses alone, so that the site opens from the file system. Needs requirements.txt.
"""
import html
import os
import pathlib
import re
import shutil
import sys
import urllib.parse

import guides
import page
import reference

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = {
    "en": {"menu": "Menu", "guides": "Guides", "project": "Project", "reference": "Library", "home": "Overview"},
    "zh": {"menu": "目录", "guides": "指南", "project": "项目（英文）", "reference": "库（英文）", "home": "概览"},
}
NAMES = {"en": "English", "zh": "中文"}
HOMES = {"en": "README.md", "zh": "README.zh.md"}
CONTENTS = {"en": "docs/README.md", "zh": "docs/zh/README.md"}
PROJECT = ["CONTRIBUTING.md", "SECURITY.md"]


def language(path):
    return "zh" if path == HOMES["zh"] or path.startswith("docs/zh/") else "en"


class Site:
    def __init__(self, folder, library):
        self.folder = folder
        self.library = library
        # The files of the repository that the site has, by their paths there: what is left to do, and what is done.
        self.waiting = []
        self.known = set()

    def place(self, path):
        """Where the site has a file or folder of the repository."""
        if path in HOMES.values():
            return "zh/index.html" if language(path) == "zh" else "index.html"
        article = re.fullmatch(r"Sources/(\w+)/\1\.docc/(\w+)\.md", path)
        if article and (own := self.library.article(*article.groups())):
            return own
        inner = path.removeprefix("docs/") if path.startswith("docs/") else f"project/{path}"
        if (ROOT / path).is_dir():
            return f"{inner}/index.html"
        if path in CONTENTS.values():
            return str(pathlib.PurePosixPath(inner).with_name("contents.html"))
        return re.sub(r"\.md$", ".html", inner)

    def require(self, path):
        if path not in self.known:
            self.known.add(path)
            self.waiting.append(path)

    def address(self, path, start):
        """How a page of the site links to a file of the repository, which the site then has."""
        self.require(path)
        return relative(self.place(path), start)

    def write(self):
        for path in [*HOMES.values(), *CONTENTS.values(), *PROJECT]:
            self.require(path)
        while self.waiting:
            path = self.waiting.pop()
            place = self.place(path)
            if (ROOT / path).is_dir():
                self.write_listing(path, place)
            elif place.startswith("reference/"):
                continue
            elif path.endswith(".md"):
                self.write_guide(path, place)
            else:
                target = self.folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, target)
        for part in self.library.pages():
            self.write_page(part.place, part.title, part.body(relative), part.sections, "en")
        shutil.copyfile(pathlib.Path(__file__).parent / "style.css", self.folder / "style.css")

    def write_guide(self, path, place):
        def address(target):
            target, _, fragment = target.partition("#")
            if re.match(r"[a-z]+:", target):
                # DocC's own links lead nowhere outside of it.
                return None if target.startswith("doc:") else target + (f"#{fragment}" if fragment else "")
            anchor = f"#{urllib.parse.quote(urllib.parse.unquote(fragment))}" if fragment else ""
            if not target:
                return anchor
            file = os.path.normpath(os.path.join(os.path.dirname(path), target))
            if file.startswith("..") or not (ROOT / file).exists():
                raise SystemExit(f"{path}: links to {target}, which is not there")
            return self.address(file, place) + anchor

        guide = guides.Guide((ROOT / path).read_text(), address)
        self.write_page(place, guide.title, guide.body, guide.sections, language(path), path)

    def write_listing(self, path, place):
        files = sorted(
            file.relative_to(ROOT).as_posix() for file in (ROOT / path).rglob("*")
            if file.is_file() and not any(part.startswith((".", "__")) for part in file.relative_to(ROOT).parts))
        entries = [(self.address(file, place), file.removeprefix(f"{path}/")) for file in files]
        self.write_page(place, path, guides.listing(path, entries), [], "en")

    def write_page(self, place, title, body, sections, spoken, path=None):
        other = "zh" if spoken == "en" else "en"
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        home = relative(self.place(HOMES[spoken]), place)
        target.write_text(page.FRAME.substitute(
            language=spoken, title=html.escape(title if title == "densenet" else f"{title} · densenet"),
            root="../" * place.count("/"), home=home, menu=WORDS[spoken]["menu"],
            other=relative(self.place(translation(path) or HOMES[other]), place), other_language=other,
            other_name=NAMES[other], body=body,
            navigation=page.menu(self.navigation(spoken, place), os.path.basename(place), sections)))

    def navigation(self, spoken, start):
        """The guides in the order of their table of contents, then the project's pages and the library's modules."""
        contents = CONTENTS[spoken]
        rows = re.findall(r"^\| \[([^\]]+)\]\(([^)]+)\)", (ROOT / contents).read_text(), re.M)
        folder = os.path.dirname(contents)
        guide_entries = [(self.address(HOMES[spoken], start), WORDS[spoken]["home"])]
        guide_entries += [(self.address(f"{folder}/{target}", start), name) for name, target in rows]
        project = [(self.address(path, start), pathlib.Path(path).stem.capitalize()) for path in PROJECT]
        modules = [(relative(module.place, start), module.title) for module in self.library.modules()]
        words = WORDS[spoken]
        groups = [(words["guides"], guide_entries), (words["reference"], modules), (words["project"], project)]
        return [group for group in groups if group[1]]


def translation(path):
    """The same guide in the other language; None where there is none."""
    if path in HOMES.values():
        return HOMES["en" if language(path) == "zh" else "zh"]
    if path is None or not path.startswith("docs/"):
        return None
    name = path.removeprefix("docs/zh/") if language(path) == "zh" else path.removeprefix("docs/")
    other = f"docs/{name}" if language(path) == "zh" else f"docs/zh/{name}"
    return other if (ROOT / other).exists() else None


def relative(place, start):
    """The address of one page of the site on another."""
    place, _, fragment = place.partition("#")
    address = urllib.parse.quote(os.path.relpath(place, os.path.dirname(start) or "."))
    return address + (f"#{fragment}" if fragment else "")


def main():
    folder = pathlib.Path(sys.argv[1])
    library = reference.Library(pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    if folder.exists():
        shutil.rmtree(folder)
    Site(folder, library).write()


main()
