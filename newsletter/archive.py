"""The public archive: what was published, to read without signing up.

Every page is the same for everybody: no cookie, no word of who follows a link. Caches may keep it.
"""

import re
from datetime import datetime
from html import unescape
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from newsletter import links, merge_fields, searching, sheets
from newsletter.models import Issue, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.paging import page_of
from newsletter.rendering.markdown import to_html, to_words
from zero2prod import caching, languages
from zero2prod.answers import refuse
from zero2prod.headers import ARTICLE_POLICY

FRESH_SECONDS = 300
"""For so long a cache shows an issue that was hidden, and not yet one that is new."""

_DESCRIPTION_LENGTH = 200
_PICTURE = re.compile(r'<img[^>]* src="(https?://[^"]+)"')


@require_safe
def index(request: HttpRequest, newsletter: str = DEFAULT_SLUG) -> HttpResponseBase:
    found = public_newsletter(request, newsletter)
    if "q" in request.GET:
        return _search(request, found)
    page = page_of(found.issues.listed(), request.GET)
    others = Newsletter.objects.filter(is_public=True).exclude(pk=found.pk)
    path = links.archive_path(found)
    context = {
        "newsletter": found,
        "page": page,
        "others": [(other, links.archive_path(other)) for other in others],
        "canonical": links.absolute(path, **page.here),
    }
    return _cached(request, render(request, "newsletter/archive.html", context))


@require_safe
def issue(request: HttpRequest, slug: str, newsletter: str = DEFAULT_SLUG) -> HttpResponseBase:
    found = public_newsletter(request, newsletter)
    shown = get_object_or_404(found.issues.readable(), slug=slug)
    body = to_html(shown.body)
    picture = _PICTURE.search(body)
    context = {
        "newsletter": found,
        "issue": shown,
        "body": body,
        "is_listed": shown.visibility == Issue.Visibility.PUBLIC,
        "description": merge_fields.filled(shown.preheader, {})
        or _beginning(shown.words or to_words(shown.body)),
        "picture": unescape(picture[1]) if picture else "",
        "canonical": links.absolute(links.issue_path(shown)),
    }
    response = render(request, "newsletter/issue.html", context)
    response["Content-Security-Policy"] = ARTICLE_POLICY
    if not context["is_listed"]:
        response["X-Robots-Tag"] = "noindex"
    changed_at = max(shown.published_at or found.changed_at, found.changed_at)
    return _cached(request, response, changed_at)


@require_safe
def sheet(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Answer with a newsletter's own style sheet; its address changes with its content."""
    newsletter = get_object_or_404(Newsletter, slug=slug)
    response = HttpResponse(sheets.sheet(newsletter), content_type="text/css; charset=utf-8")
    is_current = request.GET.get("v") == sheets.version(newsletter)
    return caching.public(request, response, seconds=caching.YEAR if is_current else FRESH_SECONDS)


def public_newsletter(request: HttpRequest, slug: str) -> Newsletter:
    """Return a newsletter that visitors may see, and speak its language; raise Http404."""
    newsletter = get_object_or_404(Newsletter, slug=slug, is_public=True)
    languages.speak(request, newsletter.language)
    return newsletter


def _search(request: HttpRequest, newsletter: Newsletter) -> HttpResponseBase:
    text = request.GET["q"].strip()
    if len(text) > searching.LONGEST_QUERY:
        limit = searching.LONGEST_QUERY
        sentence = _("A search has at most %(limit)d characters.") % {"limit": limit}
        return refuse(request, HTTPStatus.BAD_REQUEST, sentence)
    found = searching.find(newsletter, text) if text else []
    context = {
        "newsletter": newsletter,
        "is_search": True,
        "query": text,
        "found": found[: searching.MOST_RESULTS],
        "has_more": len(found) > searching.MOST_RESULTS,
    }
    response = render(request, "newsletter/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    return _cached(request, response)


def _cached(
    request: HttpRequest, response: HttpResponse, changed_at: datetime | None = None
) -> HttpResponseBase:
    return caching.public(request, response, seconds=FRESH_SECONDS, changed_at=changed_at)


def _beginning(words: str) -> str:
    """Return the first words of a text as one line."""
    line = " ".join(words.split())
    if len(line) <= _DESCRIPTION_LENGTH:
        return line
    return line[:_DESCRIPTION_LENGTH].rpartition(" ")[0].rstrip(" ,;:.") + "…"
