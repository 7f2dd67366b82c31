"""The numbers on the first page of the admin."""

from datetime import datetime
from typing import TypedDict

from django import template

from newsletter import accounting, waiting
from newsletter.accounting import Account
from newsletter.models import Issue, Subscription, Worker

register = template.Library()


class Numbers(TypedDict):
    confirmed: int
    unconfirmed: int
    issue: Issue | None
    account: Account | None
    oldest_due: datetime | None
    workers: int


@register.inclusion_tag("admin/newsletter/numbers.html")
def desk_numbers() -> Numbers:
    """Return what an operator wants to know first, each by an index."""
    issue = Issue.objects.published().order_by("-published_at").first()
    unconfirmed = Subscription.objects.filter(status=Subscription.Status.PENDING_CONFIRMATION)
    return {
        "confirmed": Subscription.objects.confirmed().count(),
        "unconfirmed": unconfirmed.count(),
        "issue": issue,
        "account": accounting.of_issue(issue) if issue else None,
        "oldest_due": waiting.oldest(),
        "workers": Worker.objects.alive().count(),
    }


@register.filter
def thousands(number: int) -> str:
    """Return 20,000 for 20000, as the accounting line has it."""
    return f"{number:,}"
