"""Markdown pages of the repository as HTML."""
import html
import re

import markdown_it

import page

PARSER = markdown_it.MarkdownIt("commonmark").enable("table")
# The line by which a guide names its translation; the site has a switch for that.
SWITCH = re.compile(r"^\[(中文|English)\]\([^)]+\)\n", re.M)


class Guide:
    """A page: its title, its sections as (anchor, text), its body.

    `address` maps what the text links to, as it is written there, to what the site links to; None: to nothing.
    """

    def __init__(self, text, address):
        self.title = ""
        self.sections = []
        self.address = address
        tokens = PARSER.parse(SWITCH.sub("", text, count=1))
        self._name_headings(tokens)
        self._move_links(tokens)
        self.body = PARSER.renderer.render(tokens, PARSER.options, {})

    def _name_headings(self, tokens):
        anchors = page.Anchors()
        for opening, inline in zip(tokens, tokens[1:]):
            if opening.type != "heading_open":
                continue
            text = "".join(child.content for child in inline.children if child.type in ("text", "code_inline"))
            anchor = anchors.of(text)
            opening.attrSet("id", anchor)
            self.title = self.title or text
            if opening.tag == "h2":
                self.sections.append((anchor, text))

    def _move_links(self, tokens):
        for token in tokens:
            if token.type == "image":
                token.attrSet("src", self.address(token.attrGet("src")) or "")
            elif token.type == "link_open":
                target = self.address(token.attrGet("href"))
                token.attrs = {"href": target} if target else {}
            self._move_links(token.children or [])


def _fence(self, tokens, index, options, env):
    return page.code_block(tokens[index].content, tokens[index].info.strip())


def _table_open(self, tokens, index, options, env):
    return '<div class="wide" tabindex="0"><table>\n'


def _table_close(self, tokens, index, options, env):
    return "</table></div>\n"


PARSER.add_render_rule("fence", _fence)
PARSER.add_render_rule("table_open", _table_open)
PARSER.add_render_rule("table_close", _table_close)


def listing(title, entries):
    """The body of a page that lists files as (address, name)."""
    items = "".join(f'<li><a href="{address}">{html.escape(name)}</a></li>\n' for address, name in entries)
    return f"<h1>{html.escape(title)}</h1>\n<ul>\n{items}</ul>\n"
