"""The addresses by which an issue's readers are counted: the same ones in everybody's mail."""

import html
import re
from functools import lru_cache

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from newsletter import links
from newsletter.models import Issue
from newsletter.models.readings import OPENED
from newsletter.rendering import markdown

# In cleaned HTML a `<` always begins a tag, and every attribute stands in double quotes.
_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"]*)(")')


@lru_cache(maxsize=64)
def addresses(body: str) -> list[str]:
    """Return where an issue's links lead, in their order; the first has place 1."""
    return list(
        dict.fromkeys(html.unescape(found[1]) for found in _LINK.findall(markdown.to_html(body)))
    )


def counted(body: SafeString, issue: Issue) -> SafeString:
    """Return an issue's cleaned HTML with its links led through the count, and the picture."""
    places = {address: place for place, address in enumerate(addresses(issue.body), start=1)}

    def through(found: re.Match[str]) -> str:
        place = places.get(html.unescape(found[2]))
        return f"{found[1]}{_url(issue, place)}{found[3]}" if place else found[0]

    picture = format_html('<img src="{}" width="1" height="1" alt="">', _url(issue, OPENED))
    return mark_safe(_LINK.sub(through, body) + picture)  # noqa: S308 - cleaned, and numbers


def _url(issue: Issue, place: int) -> str:
    return links.absolute(reverse("newsletter:counted", args=[issue.pk, place]))
