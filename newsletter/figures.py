"""The figures of the admin's first page: readers day by day, how many confirm, what comes back.

What needs a look at every reader is counted by the workers and shown with its moment; it rests a
hundred times as long as it took. A small list is counted by who looks.
"""

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Sum
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.models import Complaint, Day, Figure, Import, Issue, IssueCount

DAYS = 90
"""Of growth."""
RECENT = timedelta(days=30)
"""Sign-ups, failures and complaints are of so long."""

COMPLAINTS_WARN, COMPLAINTS_ALARM = Decimal("0.1"), Decimal("0.3")
"""Per cent of what was sent, as Gmail's and Yahoo's rules for senders have it."""
FAILURES_WARN = Decimal("1")
"""Per cent of what was tried: more is the sign of an old or a bought list."""

_READERS = "readers"
_SHORTEST_REST, _SHARE = 10.0, 100.0
_QUICK = 0.05  # seconds: a count that a page may do itself
_LOCK = 4_605_882


@dataclass(frozen=True, slots=True)
class Readers:
    """All newsletters together."""

    counted_at: datetime
    is_outdated: bool
    """Whether an import, which may have doubled the readers, has ended since."""
    confirmed: int
    unconfirmed: int
    signed_up: int
    """Lately; who was imported or added by staff did not sign up."""
    of_these_confirmed: int
    median_wait: timedelta | None
    """Between sign-up and confirmation."""

    @property
    def percent_confirmed(self) -> float | None:
        return 100 * self.of_these_confirmed / self.signed_up if self.signed_up else None


@dataclass(frozen=True, slots=True)
class Reputation:
    """What came of the mails of the issues that were published lately."""

    sent: int
    failed: int
    complaints: int

    @property
    def percent_failed(self) -> float:
        return 100 * self.failed / max(1, self.sent + self.failed)

    @property
    def percent_complaints(self) -> float:
        return 100 * self.complaints / max(1, self.sent)

    @property
    def failures_grade(self) -> str:
        tried = self.sent + self.failed
        return "warn" if self.failed and 100 * self.failed >= FAILURES_WARN * tried else ""

    @property
    def complaints_grade(self) -> str:
        if self.complaints and 100 * self.complaints >= COMPLAINTS_ALARM * self.sent:
            return "bad"
        is_much = self.complaints and 100 * self.complaints >= COMPLAINTS_WARN * self.sent
        return "warn" if is_much else ""


def readers() -> Readers:
    """Return what was counted last; count now what nobody has counted, or what is quick."""
    found = _last()
    if found is None or found.seconds < _QUICK:
        refresh()
        found = _last()
    values: dict[str, Any] = found.value
    wait = values["median_seconds"]
    return Readers(
        counted_at=found.counted_at,
        is_outdated=found.is_outdated,
        confirmed=values["confirmed"],
        unconfirmed=values["unconfirmed"],
        signed_up=values["signed_up"],
        of_these_confirmed=values["of_these_confirmed"],
        median_wait=None if wait is None else timedelta(seconds=wait),
    )


def growth() -> list[tuple[date, int]]:
    """Return how many readers were confirmed at the end of each of the last days."""
    since = timezone.now().date() - timedelta(days=DAYS)
    days = Day.objects.filter(day__gte=since).order_by("day").values_list("day")
    return [(day, readers) for day, readers in days.annotate(readers=Sum("readers"))]


def reputation() -> Reputation:
    """Return what became of lately published issues, as they were counted last."""
    lately = Issue.objects.filter(published_at__gt=Now() - RECENT)
    counts = IssueCount.objects.filter(issue__in=lately).values_list("states", flat=True)
    states = list(counts)
    return Reputation(
        sent=sum(count.get("sent", 0) for count in states),
        failed=sum(count.get("failed", 0) for count in states),
        complaints=Complaint.objects.filter(at__gt=Now() - RECENT).count(),
    )


def refresh() -> None:
    """Count the readers if the last count has rested long enough and nobody else is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        is_free = cursor.fetchone()[0]
        last = _last()
        if last is not None and (not is_free or not (_has_rested(last) or last.is_outdated)):
            return
        started = time.perf_counter()
        cursor.execute(_COUNT, {"recent": RECENT.total_seconds()})
        value = json.loads(cursor.fetchone()[0])
        cursor.execute(_COUNT_DAYS, {"days": DAYS})
        Figure.objects.update_or_create(
            name=_READERS,
            defaults={
                "counted_at": timezone.now(),
                "seconds": time.perf_counter() - started,
                "value": value,
            },
        )


def _last() -> Any:
    """Return the last count; outdated is one since which an import has ended."""
    ended_since = Import.objects.filter(finished_at__gt=OuterRef("counted_at"))
    counts = Figure.objects.filter(name=_READERS)
    return counts.annotate(is_outdated=Exists(ended_since)).first()


def _has_rested(figure: Figure) -> bool:
    rest = max(_SHORTEST_REST, _SHARE * figure.seconds)
    return figure.counted_at < timezone.now() - timedelta(seconds=rest)


_COUNT = """
SELECT jsonb_build_object(
    'confirmed', (SELECT count(*) FROM newsletter_subscription WHERE status = 'confirmed'),
    'unconfirmed',
        (SELECT count(*) FROM newsletter_subscription WHERE status = 'pending_confirmation'),
    'signed_up', count(*),
    'of_these_confirmed', count(confirmed_at),
    'median_seconds', percentile_cont(0.5) WITHIN GROUP (
        ORDER BY extract(epoch FROM confirmed_at - subscribed_at)
    )
)
FROM newsletter_subscription
WHERE subscribed_at > now() - make_interval(secs => %(recent)s)
  AND imported_by_id IS NULL AND (confirmed_at IS NULL OR confirmed_at > subscribed_at)
"""

# Backwards from today: who was confirmed at the end of a day is who is so now, without who came
# after it and with who left after it. The days that are written stay, also when readers are erased.
_COUNT_DAYS = """
WITH today AS (
    SELECT (now() AT TIME ZONE 'UTC')::date AS day
), first AS (
    SELECT CASE WHEN EXISTS (
        SELECT FROM newsletter_newsletter AS newsletter
        WHERE NOT EXISTS (SELECT FROM newsletter_day WHERE newsletter_id = newsletter.id)
    ) THEN today.day - %(days)s
    ELSE greatest(today.day - %(days)s, (
        SELECT min(last) FROM (
            SELECT max(day) AS last FROM newsletter_day GROUP BY newsletter_id
        ) AS lasts
    )) END AS day
    FROM today
), acts AS (
    SELECT newsletter_id, (confirmed_at AT TIME ZONE 'UTC')::date AS day,
           0 AS signed_up, 1 AS confirmed, 0 AS left_it
    FROM newsletter_subscription, first
    WHERE confirmed_at >= first.day::timestamp AT TIME ZONE 'UTC'
    UNION ALL
    SELECT newsletter_id, (unsubscribed_at AT TIME ZONE 'UTC')::date, 0, 0, 1
    FROM newsletter_subscription, first
    WHERE unsubscribed_at >= first.day::timestamp AT TIME ZONE 'UTC'
      AND confirmed_at IS NOT NULL AND status <> 'confirmed'
    UNION ALL
    SELECT newsletter_id, (subscribed_at AT TIME ZONE 'UTC')::date, 1, 0, 0
    FROM newsletter_subscription, first
    WHERE subscribed_at >= first.day::timestamp AT TIME ZONE 'UTC'
), by_day AS (
    SELECT newsletter.id AS newsletter_id, days.day,
           coalesce(sum(signed_up), 0) AS signed_up, coalesce(sum(confirmed), 0) AS confirmed,
           coalesce(sum(left_it), 0) AS left_it
    FROM newsletter_newsletter AS newsletter
    CROSS JOIN first CROSS JOIN today
    CROSS JOIN LATERAL (
        SELECT first.day + number AS day FROM generate_series(0, today.day - first.day) AS number
    ) AS days
    LEFT JOIN acts ON acts.newsletter_id = newsletter.id AND acts.day = days.day
    GROUP BY newsletter.id, days.day
), now_confirmed AS (
    SELECT newsletter_id, count(*) AS readers
    FROM newsletter_subscription WHERE status = 'confirmed' GROUP BY newsletter_id
)
INSERT INTO newsletter_day (newsletter_id, day, readers, signed_up, confirmed, "left")
SELECT by_day.newsletter_id, day,
       greatest(0, coalesce(readers, 0) - coalesce(sum(confirmed - left_it) OVER (
           PARTITION BY by_day.newsletter_id ORDER BY day DESC
           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
       ), 0)),
       signed_up, confirmed, left_it
FROM by_day LEFT JOIN now_confirmed ON now_confirmed.newsletter_id = by_day.newsletter_id
ON CONFLICT (newsletter_id, day) DO UPDATE
SET readers = excluded.readers, signed_up = excluded.signed_up,
    confirmed = excluded.confirmed, "left" = excluded."left"
"""
