"""The archive as a feed, for readers who want no mail."""

from datetime import datetime

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.safestring import SafeString

from newsletter import links
from newsletter.archive import published_issues
from newsletter.models import Issue, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.rendering.markdown import to_html

ISSUES_IN_FEED = 20


class IssueFeed(Feed):  # type: ignore[type-arg]  # generic in its stubs only
    """The latest issues in Atom (RFC 4287); addresses are below BASE_URL, not the Host."""

    feed_type = Atom1Feed

    def get_object(self, _request: HttpRequest) -> Newsletter:
        return get_object_or_404(Newsletter, slug=DEFAULT_SLUG)

    def title(self, newsletter: Newsletter) -> str:
        return newsletter.title

    def subtitle(self, newsletter: Newsletter) -> str:
        return newsletter.tagline

    def link(self) -> str:
        return links.absolute(reverse("newsletter:archive"))

    def feed_url(self) -> str:
        return links.absolute(reverse("newsletter:feed"))

    def items(self, newsletter: Newsletter) -> list[Issue]:
        return list(published_issues(newsletter)[:ISSUES_IN_FEED])

    def item_title(self, issue: Issue) -> str:
        return issue.subject

    def item_description(self, issue: Issue) -> SafeString:
        return to_html(issue.body)

    def item_link(self, issue: Issue) -> str:
        return links.absolute(reverse("newsletter:issue", args=[issue.slug]))

    def item_pubdate(self, issue: Issue) -> datetime | None:
        return issue.published_at
