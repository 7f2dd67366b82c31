"""The reading side of the ledger: what became of an issue, in numbers and in one line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.models import Delivery, Issue

RATE_WINDOW = timedelta(seconds=60)

State = Delivery.State

_IN_WORDS = (
    State.SENT,
    State.FAILED,
    State.SKIPPED,
    State.UNKNOWN,
    State.SENDING,
    State.CLAIMED,
    State.PENDING,
)
"""The order in which a line names the states: what is certain first."""


@dataclass(frozen=True, slots=True)
class Account:
    """An issue's mails at one moment, by one statement."""

    issue: int
    state: str
    total: int
    counts: dict[str, int]
    rate: float
    oldest_due: datetime | None
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def identity_holds(self) -> bool:
        """Whether every promised mail is in exactly one state."""
        return self.total == sum(self.counts.values())

    @property
    def done(self) -> int:
        """Return how many mails have their outcome."""
        return sum(self.counts[state] for state in _IN_WORDS[:4])

    @property
    def percent_done(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    def __str__(self) -> str:
        """Return the accounting line: ``20,000 = 19,996 sent + 3 failed + 1 unknown``."""
        parts = [f"{self.counts[state]:,} {state}" for state in _IN_WORDS if self.counts[state]]
        return f"{self.total:,} = {' + '.join(parts)}" if parts else f"{self.total:,} readers"


def of_issue(issue: Issue) -> Account:
    """Return an issue's account with the reasons of what was not sent at the first try."""
    (account,) = _accounts([issue.pk], _reasons(issue)).values()
    return account


def of_issues(issues: Iterable[Issue]) -> dict[int, Account]:
    """Return the accounts of some issues by one query, without reasons."""
    return _accounts([issue.pk for issue in issues], {})


def _accounts(pks: list[int], reasons: dict[str, int]) -> dict[int, Account]:
    fields = ("pk", "state", "audience_size", "published_at", "finished_at")
    rows = Issue.objects.filter(pk__in=pks).order_by().values(*fields)
    counted = cast(
        "Iterable[dict[str, Any]]",
        rows.annotate(**_counts(), recently_sent=_recently_sent(), oldest_due=_oldest_due()),
    )
    return {
        row["pk"]: Account(
            issue=row["pk"],
            state=row["state"],
            total=row["audience_size"],
            counts={state.value: row[f"in_{state}"] for state in State},
            rate=round(row["recently_sent"] / _seconds_of_sending(row), 1),
            oldest_due=row["oldest_due"],
            reasons=reasons,
        )
        for row in counted
    }


def _seconds_of_sending(row: dict[str, Any]) -> float:
    """Return how much of the window the issue was being sent, at least one second."""
    published = row["published_at"]
    if published is None:
        return RATE_WINDOW.total_seconds()
    spent: timedelta = (row["finished_at"] or timezone.now()) - published
    return max(1.0, min(RATE_WINDOW, spent).total_seconds())


def _counts() -> dict[str, Count]:
    return {f"in_{state}": _mails(Q(deliveries__state=state)) for state in State}


def _recently_sent() -> Count:
    return _mails(Q(deliveries__state=State.SENT, deliveries__finished_at__gt=Now() - RATE_WINDOW))


def _mails(condition: Q) -> Count:
    return Count("deliveries", filter=condition & Q(deliveries__kind=Delivery.Kind.ISSUE))


def _oldest_due() -> Min:
    return Min("deliveries__next_at", filter=Q(deliveries__kind=Delivery.Kind.ISSUE))


def _reasons(issue: Issue) -> dict[str, int]:
    found = (
        issue.deliveries.filter(kind=Delivery.Kind.ISSUE)
        .exclude(error_code="")
        .values("error_code")
        .annotate(mails=Count("pk"))
        .order_by("-mails", "error_code")
    )
    return {row["error_code"]: row["mails"] for row in found}
