"""The reading side of the ledger: what became of an issue, in numbers and in one line."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.models import Delivery, Issue, IssueCount, IssueSample

RATE_WINDOW = timedelta(seconds=60)

COUNTED_AT_ONCE = 20_000
"""Mails that a page may count itself, in some tens of milliseconds; see `models.issue_counts`."""

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
    counted_at: datetime | None = None
    """Of when the numbers are; None: of now."""

    @property
    def identity_holds(self) -> bool:
        """Whether every promised mail is in exactly one state."""
        return self.total == sum(self.counts.values())

    @property
    def done(self) -> int:
        """Return how many mails have their outcome."""
        return sum(self.counts[state] for state in _IN_WORDS[:4])

    @property
    def left(self) -> int:
        """Return how many mails are promised and have no outcome yet."""
        return self.total - self.done

    @property
    def percent_done(self) -> int:
        return 100 * self.done // self.total if self.total else 0

    @property
    def states(self) -> list[tuple[str, int]]:
        """Return the states that mails are in, in the order of the line."""
        return [(state.value, self.counts[state]) for state in _IN_WORDS if self.counts[state]]

    def __str__(self) -> str:
        """Return the accounting line: ``20,000 = 19,996 sent + 3 failed + 1 unknown``."""
        parts = [f"{mails:,} {state}" for state, mails in self.states]
        return f"{self.total:,} = {' + '.join(parts)}" if parts else f"{self.total:,} readers"


def of_issue(issue: Issue) -> Account:
    """Return an issue's account with the reasons of what was not sent at the first try.

    Exact, however long it takes: a second for a million mails.
    """
    (account,) = _accounts([issue.pk], _reasons(issue)).values()
    return account


def lately_of_issue(issue: Issue) -> Account:
    """Return an issue's account fast: exact where it is small, else as it was counted last."""
    count = IssueCount.objects.filter(pk=issue.pk).first()
    if issue.audience_size <= COUNTED_AT_ONCE or count is None:
        return of_issue(issue)
    return as_counted(issue, count)


def of_issues(issues: Iterable[Issue]) -> dict[int, Account]:
    """Return the accounts of some issues without reasons, as fast as a list needs them.

    Small ones are exact, by one query; those that would take long are as they were counted last.
    """
    issues = list(issues)
    counts = IssueCount.objects.select_related(None).in_bulk([issue.pk for issue in issues])
    exact, left = [], COUNTED_AT_ONCE
    for issue in issues:
        if issue.audience_size <= left or issue.pk not in counts:
            exact.append(issue.pk)
            left -= issue.audience_size
    accounts = _accounts(exact, {}) if exact else {}
    return {
        issue.pk: accounts.get(issue.pk) or as_counted(issue, counts[issue.pk]) for issue in issues
    }


def as_counted(issue: Issue, count: IssueCount) -> Account:
    """Return an account from a count; its rate is that of the samples."""
    due = issue.deliveries.filter(kind=Delivery.Kind.ISSUE, next_at__isnull=False)
    return Account(
        issue=issue.pk,
        state=issue.state,
        total=count.promised,
        counts={state.value: count.states.get(state.value, 0) for state in State},
        rate=_sampled_rate(issue, count),
        oldest_due=due.order_by("next_at").values_list("next_at", flat=True).first(),
        reasons=_summed(count.reasons or []),
        counted_at=count.counted_at,
    )


def _sampled_rate(issue: Issue, count: IssueCount) -> float:
    """Return the mails a second in the minute before a count, or since the sample before that."""
    if count.counted_at < timezone.now() - RATE_WINDOW:
        return 0.0
    samples = issue.samples.filter(at__lte=count.counted_at - RATE_WINDOW)
    before: IssueSample | None = samples.order_by("-at").first()
    since = before.at if before else issue.published_at or issue.created_at
    mails: int = count.states.get(State.SENT.value, 0) - (before.sent if before else 0)
    seconds = (min(count.counted_at, issue.finished_at or count.counted_at) - since).total_seconds()
    return round(max(0, mails) / max(1.0, seconds), 1)


def _summed(reasons: list[list[Any]]) -> dict[str, int]:
    """Return how many mails have each code, whatever their state."""
    found: dict[str, int] = {}
    for _state, code, mails in reasons:
        found[code] = found.get(code, 0) + mails
    return found


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
