"""Sanitised HTML as plain text that reads well: headings, lists, quotes, tables, links.

It starts from the HTML and not from the Markdown, so that both parts of a mail say the same, also
where the editor wrote HTML by hand.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby

WIDTH = 72
_MAX_DEPTH = 40
"""Deeper elements are shown without their form: nesting must not exhaust the stack."""

_VOID = {"br", "hr", "img"}
_BLOCKS = {"blockquote", "div", "figcaption", "figure", "hr", "ol", "p", "pre", "table", "ul"} | {
    f"h{level}" for level in range(1, 7)
}


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def elements(self, *tags: str) -> Iterator["Element"]:
        """Yield the elements below with one of these tags, in order."""
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags:
                    yield child
                yield from child.elements(*tags)


def from_html(html: str) -> str:
    """Return HTML as text, wrapped at 72 columns; addresses are never broken."""
    parser = _TreeParser()
    parser.feed(html)
    parser.close()
    return _blocks(parser.root)


class _TreeParser(HTMLParser):
    """Builds elements. The input is well-formed, because a sanitiser wrote it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("body")
        self._open = [self.root]
        self._too_deep = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self._open[-1].children.append(element)
        elif len(self._open) > _MAX_DEPTH:
            self._too_deep += 1
        else:
            self._open[-1].children.append(element)
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _blocks(parent: Element, *, width: int = WIDTH, separator: str = "\n\n") -> str:
    parts = []
    for is_block, children in groupby(parent.children, _is_block):
        if is_block:
            parts += [_block(child, width) for child in children if isinstance(child, Element)]
        else:
            parts.append(_wrapped("".join(map(_inline, children)), width))
    return separator.join(part for part in parts if part)


def _is_block(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag in _BLOCKS


def _block(element: Element, width: int) -> str:
    match element.tag:
        case "hr":
            text = "* * *"
        case "pre":
            text = textwrap.indent(_verbatim(element).strip("\n"), "    ")
        case "blockquote":
            lines = _blocks(element, width=width - 2).splitlines()
            text = "\n".join(f"> {line}".rstrip() for line in lines)
        case "ul" | "ol":
            text = _list(element, width)
        case "table":
            text = "\n".join(_row(row) for row in element.elements("tr"))
        case "h1" | "h2":
            text = _underlined(_blocks(element, width=width), "=" if element.tag == "h1" else "-")
        case _:
            text = _blocks(element, width=width)
    return text


def _underlined(heading: str, line: str) -> str:
    return f"{heading}\n{line * max(map(len, heading.splitlines()), default=0)}"


def _list(element: Element, width: int) -> str:
    items = [child for child in element.children if isinstance(child, Element)]
    is_loose = any(isinstance(c, Element) and c.tag == "p" for item in items for c in item.children)
    separator = "\n\n" if is_loose else "\n"
    start = element.attributes.get("start", "")
    first = int(start) if start.isdecimal() else 1
    lines = []
    for number, item in enumerate(items, first):
        bullet = f"{number}. " if element.tag == "ol" else "- "
        content = _blocks(item, width=width - len(bullet), separator=separator)
        lines.append(bullet + textwrap.indent(content, " " * len(bullet)).lstrip(" "))
    return separator.join(lines)


def _row(row: Element) -> str:
    cells = [_squeezed("".join(map(_inline, cell.children))) for cell in row.elements("td", "th")]
    line = " | ".join(cells)
    is_head = any(row.elements("th"))
    return f"{line}\n{'-' * len(line)}" if is_head else line


def _inline(node: Element | str) -> str:
    if isinstance(node, str):
        return " ".join(node.split("\n"))
    content = "".join(map(_inline, node.children))
    match node.tag:
        case "br":
            return "\n"
        case "img":
            alt = node.attributes.get("alt", "")
            return f"[{alt}]" if alt else ""
        case "a":
            return _link(content, node.attributes.get("href", ""))
        case "del" | "s":
            return f"~{content}~"
        case _:
            return content


def _link(content: str, href: str) -> str:
    address = href.removeprefix("mailto:")
    if not address or _squeezed(content) == address:
        return content
    return f"{content} ({address})" if content.strip() else address


def _verbatim(node: Element | str) -> str:
    return node if isinstance(node, str) else "".join(map(_verbatim, node.children))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str, width: int) -> str:
    lines = (_squeezed(line) for line in text.strip().split("\n"))
    return "\n".join(
        textwrap.fill(line, max(width, 20), break_long_words=False, break_on_hyphens=False)
        for line in lines
    )
