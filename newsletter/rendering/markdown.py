"""Markdown as an editor writes it, as safe HTML and as plain text."""

import nh3
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from newsletter.rendering import plaintext

_COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])

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


def to_html(text: str) -> SafeString:
    """Return CommonMark with tables as HTML that is safe to mail and to show.

    Links may be http, https and mailto; images http and https. A relative address is completed by
    BASE_URL, because a mail has no address of its own.
    """
    clean = nh3.clean(
        _COMMONMARK.render(text),
        tags=_TAGS,
        clean_content_tags=_TAGS_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_web_images,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", f"{settings.BASE_URL}/"),
    )
    return mark_safe(clean)  # noqa: S308 - sanitised one line above


def to_text(text: str) -> str:
    """Return the same content for readers of plain text: made from the same, cleaned HTML."""
    return plaintext.from_html(to_html(text))


def _only_web_images(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("img", "src") and value.lower().startswith("mailto:"):
        return None
    return value
