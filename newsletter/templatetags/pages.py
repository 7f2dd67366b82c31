"""What the readers' pages say of their newsletter: sheet, language, addresses."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from newsletter import links, merge_fields, sheets
from newsletter.models import Issue, Newsletter, Wording

register = template.Library()


@register.simple_tag
def own_sheet(newsletter: Newsletter | None) -> SafeString:
    """Return the link to the newsletter's own style sheet, where it has one."""
    if not newsletter or not sheets.sheet(newsletter):
        return SafeString()
    return format_html('<link rel="stylesheet" href="{}">\n', sheets.address(newsletter))


@register.simple_tag
def own_words(written: Newsletter | Wording) -> SafeString:
    """Return the attributes of an element whose text an editor wrote (WCAG 2.2, 3.1.2).

    A page can be asked for in another language than its newsletter's.
    """
    if written.language == get_language():
        return SafeString('dir="auto"')
    return format_html('lang="{}" dir="auto"', written.language)


@register.filter
def for_everybody(text: str) -> str:
    """Return a line of an issue as a reader gets it of whom nothing is known."""
    return merge_fields.filled(text, {})


@register.simple_tag
def home_path(newsletter: Newsletter | None) -> str:
    """Return where a newsletter is signed up to; the first page for a hidden one, or for none."""
    return links.home_path(newsletter) if newsletter and newsletter.is_public else "/"


@register.simple_tag
def archive_path(newsletter: Newsletter) -> str:
    return links.archive_path(newsletter)


@register.simple_tag
def feed_path(newsletter: Newsletter) -> str:
    return links.feed_path(newsletter)


@register.simple_tag
def rss_path(newsletter: Newsletter) -> str:
    return links.rss_path(newsletter)


@register.simple_tag
def privacy_path(newsletter: Newsletter | None) -> str:
    return links.privacy_path(newsletter or None)


@register.simple_tag
def own_path(newsletter: Newsletter | None) -> str:
    return links.own_path(newsletter or None)


@register.simple_tag
def issue_path(issue: Issue) -> str:
    return links.issue_path(issue)
