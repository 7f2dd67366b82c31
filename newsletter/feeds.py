"""The archive for programs: Atom and RSS for who wants no mail, a site map for search engines.

All addresses are below BASE_URL, whatever Host the request names.
"""

import re
from datetime import datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.views.decorators.http import require_safe

from newsletter import links, merge_fields
from newsletter.archive import FRESH_SECONDS, public_newsletter
from newsletter.models import Issue, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering.markdown import to_html
from zero2prod import caching

ISSUES_IN_FEED = 20
ISSUES_IN_SITE_MAP = 49_000
"""A site map has at most 50,000 addresses (sitemaps.org); the rest is for the archives."""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class AtomFeed(Feed):  # type: ignore[type-arg]  # generic in its stubs only
    """The latest issues in Atom (RFC 4287)."""

    feed_type: type[SyndicationFeed] = Atom1Feed

    def get_object(self, request: HttpRequest, newsletter: str) -> Newsletter:
        return public_newsletter(request, newsletter)

    def title(self, newsletter: Newsletter) -> str:
        return newsletter.title

    def subtitle(self, newsletter: Newsletter) -> str:
        return newsletter.tagline

    def author_name(self, newsletter: Newsletter) -> str:
        return newsletter.sender.display_name or newsletter.title

    def link(self, newsletter: Newsletter) -> str:
        return links.absolute(links.archive_path(newsletter))

    def feed_url(self, newsletter: Newsletter) -> str:
        return links.absolute(links.feed_path(newsletter))

    def items(self, newsletter: Newsletter) -> list[Issue]:
        listed = newsletter.issues.listed().defer("words", "search_vector")
        return list(listed.order_by("-published_at", "-id")[:ISSUES_IN_FEED])

    def item_title(self, issue: Issue) -> str:
        return _as_xml(merge_fields.filled(issue.subject, {}))

    def item_description(self, issue: Issue) -> str:
        return _as_xml(to_html(issue.body))

    def item_link(self, issue: Issue) -> str:
        return links.absolute(links.issue_path(issue))

    def item_pubdate(self, issue: Issue) -> datetime | None:
        return issue.published_at

    item_updateddate = item_pubdate


class RssFeed(AtomFeed):
    """The same in RSS 2.0."""

    feed_type = Rss201rev2Feed
    description = AtomFeed.subtitle

    def feed_url(self, newsletter: Newsletter) -> str:
        return links.absolute(links.rss_path(newsletter))


@require_safe
def atom(request: HttpRequest, newsletter: str = DEFAULT_SLUG) -> HttpResponseBase:
    answer = AtomFeed()(request, newsletter=newsletter)
    return caching.public(request, answer, seconds=FRESH_SECONDS)


@require_safe
def rss(request: HttpRequest, newsletter: str = DEFAULT_SLUG) -> HttpResponseBase:
    answer = RssFeed()(request, newsletter=newsletter)
    return caching.public(request, answer, seconds=FRESH_SECONDS)


@require_safe
def site_map(request: HttpRequest) -> HttpResponseBase:
    """Answer with what may be found by search engines (https://www.sitemaps.org/protocol.html)."""
    newsletters = Newsletter.objects.filter(is_public=True)
    issues = (
        Issue.objects.listed()
        .select_related("newsletter")
        .only("slug", "published_at", "newsletter__slug")
        .order_by("-published_at", "-id")[:ISSUES_IN_SITE_MAP]
    )
    context = {
        "pages": [
            links.absolute(path(newsletter))
            for newsletter in newsletters
            for path in (links.home_path, links.archive_path)
        ],
        "issues": [
            (links.absolute(links.issue_path(issue)), issue.published_at) for issue in issues
        ],
    }
    response = HttpResponse(
        render_to_string("newsletter/sitemap.xml", context), content_type="application/xml"
    )
    return caching.public(request, response, seconds=FRESH_SECONDS)


@require_safe
def robots(request: HttpRequest) -> HttpResponseBase:
    """Answer by RFC 9309: everything may be read but what lies behind the links of mails."""
    text = (
        "User-agent: *\n"
        f"Disallow: {reverse('newsletter:sign_up')}\n"
        f"Sitemap: {links.absolute(reverse('newsletter:site_map'))}\n"
    )
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    return caching.public(request, response, seconds=FRESH_SECONDS)


def _as_xml(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold, in whatever form."""
    return _NOT_XML.sub("", text)
