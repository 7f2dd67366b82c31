"""The steps by which a publication goes on: the worker's housekeeping calls them again and again.

Each is safe to be called by any number of workers at once.
"""

from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from newsletter import audiences, searching
from newsletter.models import Delivery, Issue
from newsletter.publishing import bell, stages
from newsletter.publishing.errors import InvalidIssue

CHUNK = 20_000
"""Readers whom one step looks at, and rows that it makes at most: under a second of work, so that
nobody waits long for its locks."""

FIRST_CHUNK = 2_000
"""Rows of an issue's first step: the senders begin at once, with work until the next is done."""

State = Issue.State
logger = structlog.get_logger(__name__)

# The readers are walked by the index `subscription_confirmed`, so that a step takes the same time
# whatever the audience's conditions are and however few meet them.
_WALK = """
WITH walked AS MATERIALIZED (
    SELECT id FROM newsletter_subscription
    WHERE newsletter_id = %s AND status = 'confirmed' AND id > %s
    ORDER BY id LIMIT %s
)
SELECT (SELECT count(*) FROM walked), (SELECT id FROM walked ORDER BY id DESC LIMIT 1)
"""
# An id that grows with time (RFC 9562, 5.7; 12 bits below the millisecond by 6.2, method 3), as the
# rows of an issue then lie together in every index: with ids of chance a claim took 15 us a mail,
# not 11, and a record 60, not 52. PostgreSQL has `uuidv7()` only from 18 on.
_NEW_ID = """
(overlay(
    lpad(to_hex((extract(epoch FROM clock_timestamp())::float8 * 4096000)::bigint), 15, '0')
    PLACING '7' FROM 13 FOR 0
) || right(gen_random_uuid()::text, 17))::uuid
"""
# The row that a crashed step or a second publication of the same person would make again is refused
# by `delivery_once`. The audience is Django's SQL, whose values are parameters.
_PROMISE = """
WITH reader (id, is_paused) AS MATERIALIZED ({audience}), promised AS (
    INSERT INTO newsletter_delivery
        (id, kind, issue_id, subscription_id, recipient, state, error_code, next_at, finished_at)
    SELECT {new_id}, 'issue', %s, id, '',
        CASE WHEN is_paused THEN 'skipped' ELSE 'pending' END,
        CASE WHEN is_paused THEN 'paused' ELSE '' END,
        CASE WHEN is_paused THEN NULL ELSE now() END,
        CASE WHEN is_paused THEN now() END
    FROM reader
    ON CONFLICT (issue_id, subscription_id) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM promised), (SELECT count(*) FROM reader),
    (SELECT id FROM reader ORDER BY id DESC LIMIT 1)
"""


def begin(issue: Issue) -> None:
    """Freeze a locked issue and fix its audience by the clock that also stamps confirmations.

    The conditions are copied: who edits their segment later changes nothing. Raises InvalidIssue.
    """
    try:
        conditions = audiences.conditions_of(issue)
    except audiences.InvalidDefinition as error:
        raise InvalidIssue(f"Its audience is not understood: {error}") from error
    issue.audience = conditions.fixed(timezone.now()).as_json()
    issue.segment = None
    issue.state = State.EXPANDING
    issue.stage = Issue.Stage.NONE if issue.stage_size is None else Issue.Stage.FIRST
    issue.published_at = issue.audience_at = Now()
    searching.learn(issue)
    issue.save(
        update_fields=[
            *("audience", "segment", "state", "stage"),
            *("published_at", "audience_at", "words", "search_vector"),
        ]
    )
    issue.refresh_from_db(fields=["published_at", "audience_at"])
    bell.ring()


def start_due() -> None:
    """Publish the scheduled issues whose time has come; one that cannot be is a draft again."""
    with transaction.atomic():
        due = (
            Issue.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=State.SCHEDULED, publish_at__lte=Now())
            .order_by("publish_at")
        )
        for issue in due:
            try:
                begin(issue)
            except InvalidIssue as error:
                Issue.objects.filter(pk=issue.pk).update(state=State.DRAFT, publish_at=None)
                logger.warning("publishing.refused", issue=issue.pk, reason=str(error))
            else:
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
        promised, is_complete = _promise(issue, limit)
        issue.audience_size += promised
        if is_complete or not stages.room(issue, 1):
            issue.state = State.SENDING
        if is_complete and issue.stage in stages.HOLDS_BACK:
            issue.stage = Issue.Stage.PASSED
        issue.save(update_fields=["audience_size", "expanded_through", "state", "stage"])
    logger.info("publishing.expanded", issue=issue.pk, promised=promised, complete=is_complete)
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


def _promise(issue: Issue, limit: int) -> tuple[int, bool]:
    """Insert at most so many rows; return how many are new, and whether the readers are through."""
    after = issue.expanded_through or UUID(int=0)
    with connection.cursor() as cursor:
        cursor.execute(_WALK, [issue.newsletter_id, after, CHUNK])
        walked, last_walked = cursor.fetchone()
        if not walked or not limit:
            return 0, not walked
        readers = audiences.audience(issue).filter(
            confirmed_at__lte=issue.audience_at, pk__gt=after, pk__lte=last_walked
        )
        chosen = readers.order_by("pk").values_list("pk", audiences.IS_PAUSED)[:limit]
        audience, params = chosen.query.sql_with_params()
        cursor.execute(_PROMISE.format(audience=audience, new_id=_NEW_ID), [*params, issue.pk])
        promised, seen, last = cursor.fetchone()
    is_full = seen == limit
    issue.expanded_through = last if is_full else last_walked
    return promised, walked < CHUNK and not is_full


def _all_done() -> Q:
    """Ask for the two columns of the partial indexes: a row is open while one of them is set."""
    of_issue = Delivery.objects.filter(issue=OuterRef("pk"), kind=Delivery.Kind.ISSUE)
    is_open = Exists(of_issue.filter(next_at__isnull=False)) | Exists(
        of_issue.filter(lease_until__isnull=False)
    )
    return ~Q(is_open)
