"""The steps by which a publication goes on: the worker's housekeeping calls them again and again.

Each is safe to be called by any number of workers at once.
"""

from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from newsletter import searching
from newsletter.models import Delivery, Issue
from newsletter.publishing import stages

CHUNK = 20_000
"""Rows of one step: under a second of work, so that nobody waits long for its locks."""

FIRST_CHUNK = 500
"""Rows of an issue's first step: the senders begin at once."""

State = Issue.State
logger = structlog.get_logger(__name__)

# The audience is walked by the index `subscription_confirmed`. The row that a crashed step or a
# second publication of the same person would make again is refused by `delivery_once`.
_EXPAND = """
WITH audience AS MATERIALIZED (
    SELECT id FROM newsletter_subscription
    WHERE newsletter_id = %(newsletter)s AND status = 'confirmed'
        AND confirmed_at <= %(audience_at)s AND id > %(after)s
    ORDER BY id LIMIT %(limit)s
), promised AS (
    INSERT INTO newsletter_delivery (id, kind, issue_id, subscription_id, recipient, state)
    SELECT gen_random_uuid(), 'issue', %(issue)s, id, '', 'pending' FROM audience
    ON CONFLICT (issue_id, subscription_id) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM promised), (SELECT count(*) FROM audience),
    (SELECT id FROM audience ORDER BY id DESC LIMIT 1)
"""


def begin(issue: Issue) -> None:
    """Freeze a locked issue and fix its audience by the clock that also stamps confirmations."""
    issue.state = State.EXPANDING
    issue.stage = Issue.Stage.NONE if issue.stage_size is None else Issue.Stage.FIRST
    issue.published_at = issue.audience_at = Now()
    issue.search_vector = searching.words_of(issue)
    issue.save(update_fields=["state", "stage", "published_at", "audience_at", "search_vector"])
    issue.refresh_from_db(fields=["published_at", "audience_at"])


def start_due() -> None:
    """Publish the scheduled issues whose time has come."""
    with transaction.atomic():
        due = (
            Issue.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=State.SCHEDULED, publish_at__lte=Now())
            .order_by("publish_at")
        )
        for issue in due:
            begin(issue)
            logger.info("publishing.published", issue=issue.pk)


def expand_one(*, limit: int = CHUNK) -> bool:
    """Promise an issue to the next readers of its audience; return whether there was one to expand.

    The rows and how far the issue has come are one commit. A chunk that is not full is the last.
    """
    with transaction.atomic():
        issue = (
            Issue.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=State.EXPANDING)
            .order_by("published_at")
            .first()
        )
        if issue is None:
            return False
        if issue.expanded_through is None:
            limit = min(limit, FIRST_CHUNK)
        limit = stages.room(issue, limit)
        promised, seen, last = _promise(issue, limit)
        issue.audience_size += promised
        issue.expanded_through = last or issue.expanded_through
        is_complete = seen < limit
        if is_complete or not stages.room(issue, 1):
            issue.state = State.SENDING
        if is_complete and issue.stage in stages.HOLDS_BACK:
            issue.stage = Issue.Stage.PASSED
        issue.save(update_fields=["audience_size", "expanded_through", "state", "stage"])
    logger.info("publishing.expanded", issue=issue.pk, promised=promised, complete=seen < limit)
    return True


def finish_done() -> None:
    """Close the issues of which no mail is open any more, and what is left of cancelled ones.

    A mail in doubt (`unknown`) has its outcome and keeps nothing open; the first mails of a staged
    send are not the last.
    """
    skip_cancelled()
    done = Issue.objects.filter(_all_done(), state=State.SENDING).exclude(
        stage__in=stages.HOLDS_BACK
    )
    for pk in done.values_list("pk", flat=True):
        # Asked again in the update itself, since the operator may have paused it meanwhile.
        if done.filter(pk=pk).update(state=State.SENT, finished_at=Now()):
            logger.info("publishing.finished", issue=pk)


def skip_cancelled() -> None:
    """Close a chunk of the pending mails of cancelled issues."""
    rows = (
        Delivery.objects.select_for_update(skip_locked=True, of=["self"])
        .filter(kind=Delivery.Kind.ISSUE, issue__state=State.CANCELLED, next_at__isnull=False)
        .values("pk")[:CHUNK]
    )
    with transaction.atomic():
        skipped = Delivery.objects.filter(pk__in=rows).update(
            state=Delivery.State.SKIPPED,
            next_at=None,
            error_code="cancelled",
            finished_at=Now(),
        )
    if skipped:
        logger.info("publishing.skipped", deliveries=skipped, reason="cancelled")


def _promise(issue: Issue, limit: int) -> tuple[int, int, UUID | None]:
    """Insert one chunk; return how many rows are new, how many readers it saw, and the last one."""
    with connection.cursor() as cursor:
        cursor.execute(
            _EXPAND,
            {
                "newsletter": issue.newsletter_id,
                "audience_at": issue.audience_at,
                "after": issue.expanded_through or UUID(int=0),
                "issue": issue.pk,
                "limit": limit,
            },
        )
        promised, seen, last = cursor.fetchone()
    return promised, seen, last


def _all_done() -> Q:
    """Ask for the two columns of the partial indexes: a row is open while one of them is set."""
    of_issue = Delivery.objects.filter(issue=OuterRef("pk"), kind=Delivery.Kind.ISSUE)
    is_open = Exists(of_issue.filter(next_at__isnull=False)) | Exists(
        of_issue.filter(lease_until__isnull=False)
    )
    return ~Q(is_open)
