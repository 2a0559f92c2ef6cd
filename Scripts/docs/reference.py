"""The library's reference from DocC's archive: a page for each module, type and article.

An archive holds a JSON file for each symbol and each article. Here a type's members stand on its page, one below the
other.
"""
import html
import json
import re

import page

# Protocols to which all types conform.
OF_ALL = {"Copyable", "Escapable", "SendableMetatype"}
# Symbols with a page of their own; all others stand on that of what they belong to.
TYPES = {"module", "class", "struct", "enum", "protocol", "extension"}


def written(blocks):
    """Without the headings that DocC adds."""
    return [block for block in blocks if block.get("text") not in ("Overview", "Discussion")]


class Part:
    """A page: a module, type or article with the members that stand on it."""

    def __init__(self, library, node, place):
        self.library = library
        self.node = node
        self.place = place
        self.title = node["metadata"]["title"]
        self.anchors = page.Anchors()
        # The members' ids, by their identifiers.
        self.members = {}

    @property
    def sections(self):
        """What the navigation lists below the page: its headings, then its topics."""
        blocks = [block for section in self.node.get("primaryContentSections", [])
                  for block in written(section.get("content", []))]
        headings = [(block["anchor"], block["text"]) for block in blocks
                    if block["type"] == "heading" and block["level"] == 2]
        return headings + [(self.topic_anchor(topic), topic["title"]) for topic in self.topics]

    @property
    def topics(self):
        """Those of whose symbols the site has any."""
        return [topic for topic in self.node.get("topicSections", [])
                if any(url in self.library.nodes for url in topic["identifiers"])]

    @staticmethod
    def topic_anchor(topic):
        return "topic-" + re.sub(r"\W+", "-", topic["title"].lower())

    def body(self, relative):
        return Writer(self, relative).page()


class Library:
    def __init__(self, archive):
        self.nodes = {}
        self.parts = {}
        files = sorted((archive / "data/documentation").rglob("*.json")) if archive else []
        for file in files:
            node = json.loads(file.read_text())
            # What types have by the protocols that they conform to is no part of the library.
            if not any(url.endswith("-Implementations") for url in self._way(node)):
                self.nodes[node["identifier"]["url"]] = node
        for url, node in self.nodes.items():
            if node["kind"] == "article" or node["metadata"].get("symbolKind") in TYPES:
                self.parts[url] = Part(self, node, self._place(url))
        for url, node in self.nodes.items():
            if url not in self.parts and (owner := self._owner(node)):
                owner.members[url] = owner.anchors.of(re.sub(r"\W+", "-", url.rsplit("/", 1)[1]).strip("-"))

    def _place(self, url):
        path = url.partition("/documentation/")[2].lower()
        is_module = "/" not in path
        return f"reference/{path}/index.html" if is_module else f"reference/{path}.html"

    @staticmethod
    def _way(node):
        """The identifiers from the module to a symbol or article."""
        paths = node.get("hierarchy", {}).get("paths") or [[]]
        return paths[0] + [node["identifier"]["url"]]

    def _owner(self, node):
        """The page on which a member stands."""
        return next((self.parts[url] for url in reversed(self._way(node)) if url in self.parts), None)

    def pages(self):
        # DocC's own list of modules has no use where every page lists them.
        return [part for part in self.parts.values() if "/documentation/" in part.node["identifier"]["url"]]

    def modules(self):
        """The one that all others use comes first."""
        modules = [part for part in self.pages() if part.node["metadata"].get("symbolKind") == "module"]
        return sorted(modules, key=lambda part: (part.title != "DenseNets", part.title))

    def module(self, node):
        """That of a symbol or article."""
        name = node["identifier"]["url"].partition("/documentation/")[2].partition("/")[0]
        return next(part for part in self.modules() if part.title == name)

    def article(self, module, name):
        """Where an article of a module's catalog is, or the module itself; None without an archive."""
        wanted = f"reference/{module}/index.html" if name == module else f"reference/{module}/{name}.html"
        return next((part.place for part in self.parts.values() if part.place == wanted.lower()), None)

    def locate(self, identifier):
        """The page of what an identifier names, with the anchor there; None where it is not of this library."""
        url, _, fragment = identifier.partition("#")
        if url in self.parts:
            return self.parts[url].place + (f"#{fragment}" if fragment else "")
        node = self.nodes.get(url)
        owner = node and self._owner(node)
        return f"{owner.place}#{owner.members[url]}" if owner else None


class Writer:
    """The HTML of one page."""

    def __init__(self, part, relative):
        self.part = part
        self.library = part.library
        self.relative = relative

    def page(self):
        node = self.part.node
        parts = [self._kind(node) + f"<h1>{html.escape(self.part.title)}</h1>", self._content(node)]
        shown = set()
        for topic in self.part.topics:
            parts.append(f'<h2 id="{Part.topic_anchor(topic)}">{html.escape(topic["title"])}</h2>')
            members = [url for url in topic["identifiers"] if url in self.part.members]
            links = [url for url in topic["identifiers"] if url in self.library.parts]
            parts += [self._links(links, node)] if links else []
            parts += [self._member(url) for url in members]
            shown.update(members)
        rest = [url for url in self.part.members if url not in shown]
        return "\n".join(parts + [self._member(url) for url in rest])

    def _kind(self, node):
        """What the page is of, and a way to its module."""
        module = self.library.module(node)
        if module is self.part:
            return ""
        kind = html.escape(node["metadata"].get("roleHeading", "Article"))
        place = self.relative(module.place, self.part.place)
        return f'<p class="kind">{kind} of <a href="{place}">{module.title}</a></p>\n'

    def _member(self, url):
        node = self.library.nodes[url]
        title = html.escape(node["metadata"]["title"])
        return (f'<section class="member" id="{self.part.members[url]}">\n<h3>{title}</h3>\n'
                f'{self._content(node)}</section>')

    def _content(self, node):
        """The declaration, the abstract and what else is written of a symbol or article."""
        references, parts = node.get("references", {}), []
        sections = node.get("primaryContentSections", [])
        for section in sections:
            if section["kind"] == "declarations":
                parts += [self._declaration(one, references) for one in section["declarations"]]
        if node.get("abstract"):
            parts.append(f'<p class="abstract">{self._inline(node["abstract"], references)}</p>')
        for section in sections:
            if section["kind"] == "parameters":
                rows = "".join(
                    f'<dt><code>{html.escape(one["name"])}</code></dt>'
                    f'<dd>{self._blocks(one["content"], references)}</dd>' for one in section["parameters"])
                parts.append(f"<dl>{rows}</dl>")
            elif section["kind"] == "content":
                parts.append(self._blocks(written(section["content"]), references))
        for section in node.get("relationshipsSections", []):
            names = [self._reference({"identifier": one}, references).removeprefix("Swift.")
                     for one in section["identifiers"]]
            names = [name for name in names if name not in OF_ALL]
            parts += [f'<p class="relation">{html.escape(section["title"])}: {", ".join(names)}</p>'] if names else []
        return "\n".join(parts) + "\n"

    def _declaration(self, declaration, references):
        tokens = []
        for token in declaration["tokens"]:
            text = html.escape(token["text"])
            place = self.library.locate(token["identifier"]) if "identifier" in token else None
            if place:
                text = f'<a href="{self.relative(place, self.part.place)}">{text}</a>'
            elif token["kind"] in ("keyword", "attribute"):
                text = f'<span class="k">{text}</span>'
            tokens.append(text)
        return f'<pre class="declaration" tabindex="0"><code>{"".join(tokens)}</code></pre>'

    def _links(self, identifiers, node):
        """What has a page of its own, with its abstract."""
        rows = []
        for identifier in identifiers:
            own = node["references"].get(identifier, {})
            rows.append(f"<dt>{self._reference({'identifier': identifier}, node['references'])}</dt>"
                        f"<dd>{self._inline(own.get('abstract', []), node['references'])}</dd>")
        return f'<dl class="links">{"".join(rows)}</dl>'

    def _reference(self, element, references):
        target = references.get(element["identifier"], {})
        name = element.get("overridingTitle") or target.get("title") or element["identifier"].rsplit("/", 1)[1]
        is_code = target.get("kind") == "symbol" and not element.get("overridingTitle")
        text = f"<code>{html.escape(name)}</code>" if is_code else html.escape(name)
        place = self.library.locate(element["identifier"])
        if place:
            return f'<a href="{self.relative(place, self.part.place)}">{text}</a>'
        if target.get("type") == "link":
            return f'<a href="{html.escape(target["url"])}">{text}</a>'
        return text

    # Of DocC's JSON: text within a paragraph, and what stands beside paragraphs.

    def _inline(self, elements, references):
        return "".join(self._inline_element(element, references) for element in elements)

    def _inline_element(self, element, references):
        inner = self._inline(element.get("inlineContent", []), references)
        match element["type"]:
            case "text": return html.escape(element["text"])
            case "codeVoice": return f'<code>{html.escape(element["code"])}</code>'
            case "emphasis" | "newTerm": return f"<em>{inner}</em>"
            case "strong" | "inlineHead": return f"<strong>{inner}</strong>"
            case "reference": return self._reference(element, references)
            case other: raise SystemExit(f"{self.part.title}: text of a kind that is not known: {other}")

    def _blocks(self, blocks, references):
        return "\n".join(self._block(block, references) for block in blocks)

    def _block(self, block, references):
        match block["type"]:
            case "paragraph": return f'<p>{self._inline(block["inlineContent"], references)}</p>'
            case "heading":
                level = block["level"]
                return f'<h{level} id="{block["anchor"]}">{html.escape(block["text"])}</h{level}>'
            case "codeListing": return page.code_block("\n".join(block["code"]) + "\n", block.get("syntax") or "")
            case "unorderedList": return f'<ul>{self._items(block, references)}</ul>'
            case "orderedList": return f'<ol>{self._items(block, references)}</ol>'
            case "termList":
                rows = "".join(
                    f'<dt>{self._inline(item["term"]["inlineContent"], references)}</dt>'
                    f'<dd>{self._blocks(item["definition"]["content"], references)}</dd>' for item in block["items"])
                return f"<dl>{rows}</dl>"
            case "table": return self._table(block, references)
            case "aside":
                name = html.escape(block.get("name") or block["style"].capitalize())
                return f'<aside><strong>{name}</strong> {self._blocks(block["content"], references)}</aside>'
            case other: raise SystemExit(f"{self.part.title}: a block of a kind that is not known: {other}")

    def _items(self, block, references):
        return "".join(f'<li>{self._blocks(item["content"], references)}</li>' for item in block["items"])

    def _table(self, block, references):
        aligned = block.get("alignments") or []
        lines = []
        for number, row in enumerate(block["rows"]):
            tag = "th" if number == 0 and block.get("header") in ("row", "both") else "td"
            cells = []
            for column, cell in enumerate(row):
                side = aligned[column] if column < len(aligned) else "unset"
                style = "" if side == "unset" else f' style="text-align:{side}"'
                cells.append(f"<{tag}{style}>{self._blocks(cell, references)}</{tag}>")
            lines.append(f'<tr>{"".join(cells)}</tr>')
        return f'<div class="wide" tabindex="0"><table>{"".join(lines)}</table></div>'
