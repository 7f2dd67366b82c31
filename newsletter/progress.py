"""How an issue goes out: what a page and a terminal show of it, again and again.

All of it is read from what was counted lately (`models.issue_counts`), so that looking costs the
same with a thousand mails and with a million; whoever looks at a small issue counts it himself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from newsletter import accounting, reasons
from newsletter.accounting import Account
from newsletter.models import Issue, IssueCount, IssueSample, Provider, Worker
from newsletter.models.issues import IN_DELIVERY
from newsletter.publishing import stages

State = Issue.State


@dataclass(frozen=True, slots=True)
class Speed:
    """Mails a second that were tried on average until a moment, since the one before."""

    at: datetime
    rate: float


@dataclass(frozen=True, slots=True)
class Reason:
    state: str
    code: str
    mails: int

    @property
    def meaning(self) -> str:
        return reasons.meaning(self.code)


@dataclass(frozen=True, slots=True)
class Domain:
    """The mails of a recipient domain; the name of all the small ones is empty."""

    name: str
    states: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def sent(self) -> int:
        return self.states.get("sent", 0)

    @property
    def failed(self) -> int:
        return self.states.get("failed", 0)

    @property
    def unknown(self) -> int:
        return self.states.get("unknown", 0)

    @property
    def open(self) -> int:
        return sum(self.states.get(state, 0) for state in ("pending", "claimed", "sending"))

    @property
    def percent_failed(self) -> float:
        return 100 * self.failed / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    issue: Issue
    account: Account
    speeds: list[Speed]
    reasons: list[Reason]
    domains: list[Domain]
    details_at: datetime | None
    bounced: int
    complaints: int
    left: int | None
    """Readers who got it and then unsubscribed, before the next issue; None: not counted yet."""
    notes: list[str]

    @property
    def is_done(self) -> bool:
        """Whether nothing will change by itself, but for what bounces late."""
        return self.issue.state in {State.SENT, State.CANCELLED} and not self.account.left

    @property
    def is_moving(self) -> bool:
        return self.issue.state in IN_DELIVERY

    @property
    def eta(self) -> datetime | None:
        """Return when it is done at the pace of the last minute."""
        if not self.is_moving or not self.account.rate:
            return None
        seconds = self.account.left / self.account.rate
        return timezone.now() + timedelta(seconds=seconds) if seconds < _LONGEST_ETA else None

    @property
    def duration(self) -> timedelta | None:
        """Return how long it took, or takes until now."""
        if self.issue.published_at is None:
            return None
        return (self.issue.finished_at or timezone.now()) - self.issue.published_at

    @property
    def average(self) -> float:
        """Return the mails a second over the whole time."""
        seconds = self.duration.total_seconds() if self.duration else 0.0
        return self.account.done / max(1.0, seconds)

    @property
    def is_large(self) -> bool:
        """Whether nobody counts it just because he looks."""
        return self.account.total > accounting.COUNTED_AT_ONCE

    @property
    def unknown(self) -> int:
        return self.account.counts["unknown"]


_LONGEST_ETA = timedelta(days=30).total_seconds()


def of_issue(issue: Issue) -> Progress:
    """Return how a published issue goes out."""
    if issue.audience_size <= accounting.COUNTED_AT_ONCE:
        IssueCount.objects.refresh(issue.pk)
    count = IssueCount.objects.filter(pk=issue.pk).first()
    if count is None:
        IssueCount.objects.refresh_now(issue.pk)
        count = IssueCount.objects.get(pk=issue.pk)
    samples = list(issue.samples.order_by("at"))
    return Progress(
        issue=issue,
        account=accounting.as_counted(issue, count),
        speeds=speeds(issue, samples),
        reasons=[Reason(*reason) for reason in count.reasons or []],
        domains=[Domain(*domain) for domain in count.domains or []],
        details_at=count.details_at,
        bounced=count.bounced,
        complaints=issue.complaints.count(),
        left=count.left,
        notes=list(notes(issue)),
    )


def speeds(issue: Issue, samples: Sequence[IssueSample]) -> list[Speed]:
    """Return the pace between the samples. What bounced later was tried before: it counts once."""
    begin = issue.published_at or issue.created_at
    points = [(begin, 0), *((one.at, one.sent + one.failed + one.unknown) for one in samples)]
    return [
        Speed(at, max(0, tried - tried_before) / (at - before).total_seconds())
        for (before, tried_before), (at, tried) in pairwise(points)
        if at > before
    ]


def notes(issue: Issue) -> Iterator[str]:
    """Say what somebody who waits for this issue must know."""
    yield from _of_stage(issue)
    if issue.state not in IN_DELIVERY:
        return
    if not Worker.objects.alive().exists():
        yield "No worker is alive, so nothing is sent: start `manage.py deliver`."
    for provider in Provider.objects.filter(opened_at__isnull=False):
        yield (
            f"The mail provider {provider.name} refuses everything since "
            f"{provider.opened_at:%H:%M} UTC ({provider.last_error}); it is tried again by itself."
        )
    for provider in Provider.objects.filter(hold_until__gt=timezone.now()):
        yield f"The mail provider asked to wait until {provider.hold_until:%H:%M:%S} UTC."


def _of_stage(issue: Issue) -> Iterator[str]:
    limits = (
        f"at most {stages.plain(issue.stage_failure_limit)} % of them failed or bounced and "
        f"{stages.plain(issue.stage_complaint_limit)} % of these readers complained"
    )
    if issue.stage == Issue.Stage.FIRST:
        yield (
            f"The first {issue.stage_size:,} get it now. {issue.stage_wait} later all others get "
            f"it if {limits}."
        )
    elif issue.stage == Issue.Stage.WATCHED and issue.stage_ends_at:
        yield (
            f"The first {issue.stage_size:,} mails are out. At {issue.stage_ends_at:%H:%M:%S} UTC "
            f"all others get it if {limits}."
        )
    elif issue.stage == Issue.Stage.HELD:
        yield f"{issue.pause_reason} Resume sends it to all others; Cancel gives it up."


def in_doubt() -> list[tuple[Issue, int]]:
    """Return the issues with mails in doubt, the newest first, and how many as counted last."""
    counts = IssueCount.objects.filter(states__unknown__gt=0).select_related("issue")
    return [(count.issue, count.states["unknown"]) for count in counts.order_by("-issue_id")]
