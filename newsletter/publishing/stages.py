"""A staged send: some readers first, a wait, and the rest only if few mails went wrong.

The rest has no rows in the ledger until the first mails are judged, so no worker can send to it,
whatever dies meanwhile. Where a stage stands is in the issue's row, and each step is one commit.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now

from newsletter.models import Delivery, Issue
from newsletter.publishing.errors import InvalidStage

State = Issue.State
Stage = Issue.Stage

HOLDS_BACK = (Stage.FIRST, Stage.WATCHED)
"""While an issue is in one of these, nobody behind the first readers has a mail."""
LONGEST_WAIT = timedelta(days=7)
DEFAULT_WAIT = timedelta(minutes=30)
FAILURE_LIMIT = Decimal("1.00")
COMPLAINT_LIMIT = Decimal("0.10")
"""Per cent. Gmail asks bulk senders for less than 0.1 % and acts from 0.3 % on (Email sender
guidelines, support.google.com/a/answer/81126)."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WAIT = re.compile(r"(\d{1,6})\s*([smhd])", re.ASCII)
_LIMIT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)\s*%?", re.ASCII)
_FIRST = re.compile(r"(\d[\d,]{0,10})\s*(%?)", re.ASCII)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """How many get an issue first, how long to watch, and per cent of them that may go wrong."""

    first: int
    wait: timedelta = DEFAULT_WAIT
    failures: Decimal = FAILURE_LIMIT
    complaints: Decimal = COMPLAINT_LIMIT

    def __post_init__(self) -> None:
        """Raise InvalidStage for what makes no sense."""
        if not 0 < self.first < 2**31:
            raise InvalidStage("At least one reader gets it first.")
        if not timedelta(0) <= self.wait <= LONGEST_WAIT:
            raise InvalidStage(f"The wait is at most {LONGEST_WAIT.days} days.")
        if not all(0 <= limit <= 100 for limit in (self.failures, self.complaints)):
            raise InvalidStage("A limit is a percentage from 0 to 100.")

    @classmethod
    def from_texts(
        cls,
        *,
        first: str,
        audience: int,
        wait: str | None = None,
        failures: str | None = None,
        complaints: str | None = None,
    ) -> "StagePlan":
        """Read what somebody typed, what is missing by default; raise InvalidStage."""
        return cls(
            first=parse_first(first, audience=audience),
            wait=parse_wait(wait) if wait else DEFAULT_WAIT,
            failures=parse_limit(failures) if failures else FAILURE_LIMIT,
            complaints=parse_limit(complaints) if complaints else COMPLAINT_LIMIT,
        )


def parse_first(text: str, *, audience: int) -> int:
    """Read ``1000`` or ``5%`` of an audience, rounded up; raise InvalidStage."""
    found = _FIRST.fullmatch(text.strip())
    number = int(found[1].replace(",", "")) if found else 0
    if not found or not number or (found[2] and number > 100):
        raise InvalidStage("Say how many get it first: a number such as 1000, or a share as 5%.")
    return max(1, -(-audience * number // 100)) if found[2] else number


def parse_wait(text: str) -> timedelta:
    """Read ``90s``, ``30m``, ``2h`` or ``1d``; raise InvalidStage."""
    found = _WAIT.fullmatch(text.strip().lower())
    if not found:
        raise InvalidStage("Say how long to wait: 90s, 30m, 2h or 1d.")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def parse_limit(text: str) -> Decimal:
    """Read a percentage such as ``0.1``, with or without its sign; raise InvalidStage."""
    found = _LIMIT.fullmatch(text.strip())
    if not found:
        raise InvalidStage("A limit is a percentage such as 0.1, from 0 to 100.")
    return Decimal(found[1])


def apply(issue: Issue, plan: StagePlan | None) -> None:
    """Write a plan into a locked issue that is not published; None lets all get it at once."""
    issue.stage_size = plan.first if plan else None
    if plan:
        issue.stage_wait = plan.wait
        issue.stage_failure_limit, issue.stage_complaint_limit = plan.failures, plan.complaints
    issue.save(
        update_fields=["stage_size", "stage_wait", "stage_failure_limit", "stage_complaint_limit"]
    )


def room(issue: Issue, limit: int) -> int:
    """Return how many of the next readers may be promised the issue now."""
    if issue.stage not in HOLDS_BACK or issue.stage_size is None:
        return limit
    return max(0, min(limit, issue.stage_size - issue.audience_size))


def judge() -> None:
    """Begin to watch the first mails of an issue when they are out, and judge them at the end."""
    out = Issue.objects.filter(~_is_due(), state=State.SENDING, stage__in=HOLDS_BACK)
    for pk in out.order_by().values_list("pk", flat=True):
        with transaction.atomic():
            issue = out.select_for_update(skip_locked=True, no_key=True).filter(pk=pk).first()
            if issue is None:
                continue
            if issue.stage == Stage.FIRST:
                _begin_to_watch(issue)
            elif Issue.objects.filter(pk=pk, stage_ends_at__lte=Now()).exists():
                _decide(issue)


def _begin_to_watch(issue: Issue) -> None:
    issue.stage, issue.stage_ends_at = Stage.WATCHED, Now() + issue.stage_wait
    issue.save(update_fields=["stage", "stage_ends_at"])
    logger.info("publishing.stage_watched", issue=issue.pk, wait=str(issue.stage_wait))


def _decide(issue: Issue) -> None:
    against = objection(issue)
    issue.stage = Stage.HELD if against else Stage.PASSED
    issue.state = State.PAUSED if against else State.EXPANDING
    issue.pause_reason = against
    issue.save(update_fields=["stage", "state", "pause_reason"])
    logger.info("publishing.stage_judged", issue=issue.pk, verdict=issue.stage.value)


def objection(issue: Issue) -> str:
    """Return the sentence that says why the rest should not get an issue, or nothing."""
    mails = issue.deliveries.filter(kind=Delivery.Kind.ISSUE).aggregate(
        known=Count("pk", filter=Q(state__in=[Delivery.State.SENT, Delivery.State.FAILED])),
        failed=Count("pk", filter=Q(state=Delivery.State.FAILED)),
        wanted=Count("pk", filter=~Q(state=Delivery.State.SKIPPED)),
    )
    known, failed, wanted = mails["known"], mails["failed"], mails["wanted"]
    complaints = issue.complaints.count()
    if wanted and 2 * known < wanted:
        return f"Held: of the first {wanted:,} mails only {known:,} have arrived or failed."
    if 100 * failed > issue.stage_failure_limit * known:
        return (
            f"Held: {failed:,} of the first {known:,} mails failed or bounced "
            f"({_percent(failed, known)}, limit {plain(issue.stage_failure_limit)} %)."
        )
    if 100 * complaints > issue.stage_complaint_limit * known:
        return (
            f"Held: {complaints:,} of the first {known:,} readers complained "
            f"({_percent(complaints, known)}, limit {plain(issue.stage_complaint_limit)} %)."
        )
    return ""


def plain(limit: Decimal) -> str:
    """Return 0.1 for 0.10."""
    return f"{limit.normalize():f}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2g} %"


def _is_due() -> Q:
    """Whether a mail is due or in a worker's hands; one that waits for its retry is not."""
    of_issue = Delivery.objects.filter(issue=OuterRef("pk"), kind=Delivery.Kind.ISSUE)
    return Q(Exists(of_issue.filter(next_at__lte=Now()))) | Q(
        Exists(of_issue.filter(lease_until__isnull=False))
    )
