"""What pages of guides and of the reference share: the frame, highlighted code, anchors of headings."""
import html
import pathlib
import re
import string

import pygments
import pygments.formatters
import pygments.lexers
import pygments.util

FRAME = string.Template((pathlib.Path(__file__).parent / "page.html").read_text())
FORMATTER = pygments.formatters.HtmlFormatter(nowrap=True)
# The marks of code blocks in the guides, and pygments' names for them.
LANGUAGES = {"sh": "bash", "": "text", "output": "text"}


def code_block(code, language):
    """A block of code, with colours where the language is known."""
    try:
        lexer = pygments.lexers.get_lexer_by_name(LANGUAGES.get(language, language))
    except pygments.util.ClassNotFound:
        lexer = pygments.lexers.get_lexer_by_name("text")
    text = pygments.highlight(code, lexer, FORMATTER).rstrip("\n")
    kind = ' class="output"' if language == "output" else ""
    return f'<pre{kind} tabindex="0"><code>{text}</code></pre>\n'


class Anchors:
    """The ids of one page's headings, as GitHub makes them of their texts."""

    def __init__(self):
        self.taken = {}

    def of(self, text):
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        count = self.taken.get(slug, 0)
        self.taken[slug] = count + 1
        return f"{slug}-{count}" if count else slug


def menu(groups, here, sections):
    """The navigation: `groups` of (title, entries), entries of (address, name); a page's own sections below it."""
    parts = []
    for title, entries in groups:
        parts.append(f"<h2>{html.escape(title)}</h2>\n<ul>")
        for address, name in entries:
            if address != here:
                parts.append(f'<li><a href="{address}">{html.escape(name)}</a></li>')
                continue
            inner = "".join(f'<li><a href="#{anchor}">{html.escape(text)}</a></li>' for anchor, text in sections)
            parts.append(
                f'<li><a href="{address}" aria-current="page">{html.escape(name)}</a>'
                + (f"<ul>{inner}</ul>" if inner else "") + "</li>")
        parts.append("</ul>")
    return "\n".join(parts)
