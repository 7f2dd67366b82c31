"""An issue sent in the admin, as its page asks: looked at, every warning ticked, one button."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from newsletter.models import Issue
from tests.factories import make_issue, make_subscription

ADDRESS = "The News, 12 Harbour Street, 20457 Hamburg"


def make_ready(subject: str = "The first issue", **fields: Any) -> Issue:
    """Store a draft that nothing blocks: it has a reader, and its newsletter an address."""
    issue = make_issue(subject, **{"slug": "the-issue", **fields})
    issue.newsletter.postal_address = ADDRESS
    issue.newsletter.save(update_fields=["postal_address"])
    make_subscription(newsletter=issue.newsletter)
    return issue


def path_of(issue: Issue) -> str:
    return f"/admin/newsletter/issue/{issue.pk}/publish/"


def seen_by(client: Client, issue: Issue) -> dict[str, Any]:
    """Return what the page would post with every warning ticked."""
    page = client.get(path_of(issue))
    accepted = [warning.rule for warning in page.context["check"].warnings]
    return {"seen": page.context["seen"], "accept": accepted, "when": "now"}


def send(client: Client, issue: Issue, **headers: Any) -> HttpResponse:
    answer: HttpResponse = client.post(path_of(issue), seen_by(client, issue), **headers)
    return answer
