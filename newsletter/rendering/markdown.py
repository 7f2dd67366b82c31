"""Markdown as an editor writes it, as safe HTML and as plain text."""

import re
from html import escape, unescape
from typing import NamedTuple

import nh3
from django.conf import settings
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from newsletter import merge_fields
from newsletter.merge_fields import Places
from newsletter.rendering import plaintext

_TAG = re.compile(r"(<[^>]*>)")

# What a mail program shows. Everything else goes: its tag, or with its content where that is code.
# fmt: off
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "code", "del", "div", "em", "figcaption", "figure",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}
_TAGS_WITH_CONTENT = {
    "embed", "iframe", "math", "noscript", "object", "script", "select", "style", "svg",
    "template", "textarea", "title",
}
# fmt: on
_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
}


class Anchor(NamedTuple):
    """A word that is put, alone in a paragraph, before the block that a line of text is in."""

    word: str
    line: int


def to_html(text: str, places: Places | None = None, *, anchor: Anchor | None = None) -> SafeString:
    """Return CommonMark with tables as HTML that is safe to mail and to show.

    Links may be http, https and mailto; images http and https. A relative address is completed by
    BASE_URL, because a mail has no address of its own. Fields become the words of their places;
    without places they say what a reader gets who has none of them. Code has no fields.
    """
    clean = nh3.clean(
        _COMMONMARK.render(text, {"places": places, "anchor": anchor}),
        tags=_TAGS,
        clean_content_tags=_TAGS_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_web_images,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", f"{settings.BASE_URL}/"),
    )
    return mark_safe(clean)  # noqa: S308 - sanitised one line above


def to_text(text: str, places: Places | None = None) -> str:
    """Return the same content for readers of plain text: made from the same, cleaned HTML."""
    return plaintext.from_html(to_html(text, places))


def to_words(text: str) -> str:
    """Return what is read of the same content, without addresses and form: for search."""
    return unescape(strip_tags(to_html(text)))


def _only_web_images(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src") and value.lower().startswith("mailto:"):
        return None
    return value


def _field(state: StateInline, silent: bool) -> bool:
    """Recognise a field where text is; code, addresses and tags are not asked."""
    found = merge_fields.PATTERN.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.append_pending(_place(found, state.env["places"]))
    state.pos = found.end()
    return True


def _prepare_blocks(state: StateCore) -> None:
    """Do to whole blocks what the rules for running text do not see."""
    for token in state.tokens:
        if token.type == "html_block":
            token.content = _outside_tags(token.content, state.env["places"])
    anchor: Anchor | None = state.env["anchor"]
    if anchor:
        tops = [
            index
            for index, token in enumerate(state.tokens)
            if token.level == 0 and token.map and token.map[0] <= anchor.line
        ]
        state.tokens.insert(tops[-1] if tops else 0, _html_block(f"<p>{anchor.word}</p>\n"))


def _outside_tags(html: str, places: Places | None) -> str:
    pieces = _TAG.split(html)
    return "".join(
        piece
        if _TAG.fullmatch(piece)
        else merge_fields.PATTERN.sub(lambda found: escape(_place(found, places)), piece)
        for piece in pieces
    )


def _place(found: re.Match[str], places: Places | None) -> str:
    field = merge_fields.field_of(found)
    return places.word(field) if places else field.value({})


def _html_block(content: str) -> Token:
    return Token("html_block", "", 0, content=content)


_COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_COMMONMARK.inline.ruler.before("backticks", "merge_field", _field)
_COMMONMARK.core.ruler.after("block", "merge_fields", _prepare_blocks)
