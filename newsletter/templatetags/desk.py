"""The numbers on the first page of the admin."""

from typing import TypedDict

from django import template
from django.db.models.functions import Now

from newsletter import accounting
from newsletter.accounting import Account
from newsletter.models import Delivery, Issue, Subscription, Worker
from zero2prod.health import HEARTBEAT_LIMIT

register = template.Library()


class Numbers(TypedDict):
    confirmed: int
    unconfirmed: int
    issue: Issue | None
    account: Account | None
    oldest_due: Delivery | None
    workers: int


@register.inclusion_tag("admin/newsletter/numbers.html")
def desk_numbers() -> Numbers:
    """Return what an operator wants to know first, each by one indexed query."""
    issue = Issue.objects.published().order_by("-published_at").first()
    waiting = Subscription.objects.filter(status=Subscription.Status.PENDING_CONFIRMATION)
    return {
        "confirmed": Subscription.objects.confirmed().count(),
        "unconfirmed": waiting.count(),
        "issue": issue,
        "account": accounting.of_issue(issue) if issue else None,
        "oldest_due": _oldest_due(),
        "workers": Worker.objects.filter(seen_at__gt=Now() - HEARTBEAT_LIMIT).count(),
    }


def _oldest_due() -> Delivery | None:
    """Find the mail that is due for longest; those of a paused issue wait on purpose."""
    due = Delivery.objects.filter(next_at__lte=Now()).order_by("next_at")
    of_one = due.exclude(kind=Delivery.Kind.ISSUE).first()
    of_issue = due.filter(kind=Delivery.Kind.ISSUE, issue__in=Issue.objects.in_delivery()).first()
    found = [delivery for delivery in (of_one, of_issue) if delivery and delivery.next_at]
    return min(found, key=lambda delivery: str(delivery.next_at), default=None)


@register.filter
def thousands(number: int) -> str:
    """Return 20,000 for 20000, as the accounting line has it."""
    return f"{number:,}"
