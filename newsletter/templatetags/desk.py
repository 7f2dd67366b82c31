"""The numbers on the first page of the admin."""

from datetime import datetime, timedelta
from typing import TypedDict

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

from newsletter import accounting, waiting
from newsletter.accounting import Account
from newsletter.admin.display import pill
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


register.filter("as_pill", pill)


@register.filter
def seconds_ago(moment: datetime | None) -> str:
    """Return how long ago a moment was, to the second below a minute."""
    if moment is None:
        return "never"
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    return f"{seconds} s" if seconds < 60 else timesince(moment, depth=1)


@register.filter
def pace(rate: float) -> str:
    """Return a rate as precise as it is worth saying: 1,234, 12.3."""
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:,.1f}"


@register.filter
def spent(duration: timedelta | None) -> str:
    """Return 4 d 02:03 h, 1:02:03 h, 3:07 min or 12 s."""
    if duration is None:
        return "none"
    seconds = int(duration.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours:02}:{minutes:02} h"
    if hours:
        return f"{hours}:{minutes:02}:{seconds % 60:02} h"
    return f"{minutes}:{seconds % 60:02} min" if minutes else f"{seconds} s"


@register.filter
def words(name: str) -> str:
    """Return a state's name as it is spoken."""
    return name.replace("_", " ")


@register.filter
def thousands(number: int) -> str:
    """Return 20,000 for 20000, as the accounting line has it."""
    return f"{number:,}"
