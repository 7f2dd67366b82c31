"""The numbers on the first page of the admin."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from newsletter import accounting, figures, progress, waiting
from newsletter.admin.display import pace, pill
from newsletter.admin.first_steps import first_steps
from newsletter.models import Issue, IssueCount, Provider, Worker
from newsletter.rendering import plots

LAST_ISSUES = 5
COUNTED_BY_LOOKING = 2_000
"""Mails of an issue that the first page counts, so that it needs no worker to tell the truth."""

register = template.Library()


@register.inclusion_tag("admin/newsletter/numbers.html", takes_context=True)
def desk_numbers(context: Context) -> dict[str, Any]:
    """Return what an operator wants to know first, each by an index or as counted lately."""
    last = list(Issue.objects.published().order_by("-published_at", "-pk")[:LAST_ISSUES])
    if small := [issue.pk for issue in last if issue.audience_size <= COUNTED_BY_LOOKING]:
        IssueCount.objects.refresh(*small)
    accounts = accounting.of_issues(last)
    in_doubt = progress.in_doubt()
    user = context["user"]
    return {
        "readers": figures.readers(),
        "steps": [] if last else first_steps(user),
        "may_write": user.has_perm("newsletter.add_issue"),
        "may_import": user.has_perm("newsletter.import_subscriptions"),
        "growth": growth_plot(),
        "reputation": figures.reputation(),
        "issues": [(issue, accounts[issue.pk]) for issue in last],
        "held": Issue.objects.filter(state=Issue.State.PAUSED, stage=Issue.Stage.HELD),
        "in_doubt": in_doubt,
        "unknown": sum(mails for _issue, mails in in_doubt),
        "oldest_due": waiting.oldest(),
        "workers": Worker.objects.alive().count(),
        "providers": Provider.objects.filter(opened_at__isnull=False),
        "may_see_readers": user.has_perm("newsletter.view_subscription"),
    }


def growth_plot() -> SafeString:
    """Draw the confirmed readers at the end of each day (UTC)."""
    days = figures.growth()
    points = [
        plots.Point(day.toordinal(), readers, f"{day:%Y-%m-%d}", f"{readers:,}")
        for day, readers in days
    ]
    says = f"From {days[0][1]:,} to {days[-1][1]:,} readers." if days else ""
    title = f"Confirmed readers in {figures.DAYS} days"
    return plots.line(points, key="growth", title=title, says=says, from_zero=False)


register.filter("as_pill", pill)
register.filter(pace)


@register.filter
def seconds_ago(moment: datetime | None) -> str:
    """Return how long ago a moment was, to the second below a minute."""
    if moment is None:
        return "never"
    seconds = max(0, int((timezone.now() - moment).total_seconds()))
    return f"{seconds} s" if seconds < 60 else timesince(moment, depth=1)


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
