"""Published issues for the tests of the archive, its feeds and its search."""

from datetime import timedelta

from django.utils import timezone

from newsletter import publishing
from newsletter.models import Issue, Newsletter
from tests.factories import default_newsletter, make_issue

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "handler": '<img src=x onerror="alert(1)">',
    "address": '[click](javascript:alert(1)) <a href="javascript:alert(1)">x</a>',
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "entity": '<a href="jav&#x09;ascript:alert(1)">x</a> &lt;script&gt;alert(1)&lt;/script&gt;',
    "end of an element": "</title></textarea></style></main>\"'><script>alert(1)</script>",
    "end of an attribute": '" onfocus="alert(1)" autofocus="',
    "meta": '<meta http-equiv="refresh" content="0;url=//evil"><base href="//evil">',
    "style": "<style>@import '//evil.example'</style><p style=\"background:url(//evil.example)\">x",
    "template": "{% load x %}{{ settings.SECRET_KEY }}{{ request.user }}",
    "cdata": "]]><script>alert(1)</script><![CDATA[",
}
"""C2, C11, C21, C28: what was once executed on somebody's archive or options page."""


def make_published(subject: str = "The first issue", *, days_ago: float = 0, **fields) -> Issue:
    """Store an issue as it is after its last mail; search does not know it."""
    published_at = timezone.now() - timedelta(days=days_ago)
    return make_issue(subject, state=Issue.State.SENT, published_at=published_at, **fields)


def publish(subject: str, body: str = "Hello.", **fields) -> Issue:
    """Publish by the verb, so that search knows it."""
    return publishing.publish(issue_id=make_issue(subject, body=body, **fields).pk)


def other_newsletter(**fields) -> Newsletter:
    default_newsletter()
    return Newsletter.objects.create(**{"slug": "other", "title": "Other", **fields})
