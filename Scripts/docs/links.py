#!/usr/bin/env python3
"""Checks a site of plain pages: links.py SITE

Every link, picture and style sheet must be a file of the site, by a relative address, and every fragment an id of the
page that it is on. No id may stand twice on a page, every picture needs a text in its place, and from index.html every
page must be reached. Addresses on the web are not asked for.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, file):
        super().__init__()
        self.ids = []
        self.links = []
        self.faults = []
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "img" and not attributes.get("alt"):
            self.faults.append(f'a picture without a text: {attributes.get("src")}')
        for name in ("href", "src"):
            link = attributes.get(name)
            # A picture may stand in the page itself.
            if link is not None and not link.startswith("data:image/"):
                self.links.append(link)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = {file: Page(file) for file in sorted(root.rglob("*.html"))}
    faults, checked, outside = [], 0, 0
    reached, waiting = set(), [root / "index.html"]
    while waiting:
        file = waiting.pop()
        if file in reached or file not in pages:
            continue
        reached.add(file)
        own = pages[file]
        twice = sorted({one for one in own.ids if own.ids.count(one) > 1})
        found = own.faults + [f"an id that stands twice: {one}" for one in twice]
        for link in own.links:
            if re.match(r"(https?|mailto):", link):
                outside += 1
                continue
            checked += 1
            address, _, fragment = link.partition("#")
            target = (file.parent / urllib.parse.unquote(address)).resolve() if address else file
            if not link or address.startswith("/") or ":" in address or not target.is_relative_to(root):
                found.append(f"no relative address within the site: {link!r}")
            elif not target.is_file():
                found.append(f"leads nowhere: {link}")
            elif fragment and target in pages and urllib.parse.unquote(fragment) not in pages[target].ids:
                found.append(f"no such place on that page: {link}")
            waiting.append(target)
        faults += [f"{file.relative_to(root)}: {fault}" for fault in found]
    faults += [f"{file.relative_to(root)}: no link leads here" for file in pages if file not in reached]
    for fault in faults:
        print(fault)
    print(f"{len(pages)} pages, {checked} links within the site, {outside} to others: {len(faults)} faults")
    sys.exit(bool(faults))


main()
