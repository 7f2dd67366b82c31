"""How many mails of an issue were in which state when they were last counted, and why.

To count a million rows takes a second: too long for a page. So whoever has time counts, the workers
above all, and every page says of when its numbers are. A count rests for many times as long as it
took, so that counting never takes more than a small share of the database: a small issue is counted
anew every two seconds, one of a million mails every quarter of a minute. A finished one is counted
more and more rarely, since bounces come late.
"""

import time
from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from newsletter.models.issue_samples import IssueSample
from newsletter.models.issues import Issue

WATCHED = timedelta(days=90)
"""For how long a finished issue is still counted: bounces come later."""
MOST_REASONS = 50
MOST_DOMAINS = 20

_LOCK = 4_605_881
"""An advisory lock of this database: one counts at a time."""
_PACE: dict[str, Any] = {
    "shortest": 2,
    "paused": 30,
    "share": 15,
    "details": 60,
    "watched": WATCHED,
}


class IssueCountManager(models.Manager["IssueCount"]):
    def refresh(self, *issue_ids: int, most: int | None = None) -> None:
        """Count what has rested long enough, of some issues or of all; not if somebody is at it.

        `most` bounds the time: a worker that counts many large issues would not renew its leases.
        Each count is one statement, so that the promised mails and their states are of one moment.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return
            cursor.execute("SET LOCAL statement_timeout = '1min'")
            cursor.execute(_DUE, {**_PACE, "issues": list(issue_ids) or None, "most": most})
            for issue, in_detail in cursor.fetchall():
                _count(cursor, issue, in_detail=in_detail)

    def refresh_now(self, issue_id: int) -> None:
        """Count an issue, however long that takes."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            _count(cursor, issue_id, in_detail=True)


def _count(cursor: CursorWrapper, issue: int, *, in_detail: bool) -> None:
    parameters = {"issue": issue, "reasons": MOST_REASONS, "domains": MOST_DOMAINS}
    cursor.execute(_COUNT, parameters)
    count = IssueCount.objects.select_related("issue").get(pk=issue)
    IssueSample.objects.take(count.issue, count.counted_at, count.states)
    if in_detail:
        started = time.perf_counter()
        cursor.execute(_DETAIL, parameters)
        seconds = time.perf_counter() - started
        IssueCount.objects.filter(pk=issue).update(details_seconds=seconds)


class IssueCount(models.Model):
    # No constraint in the database: to add it would lock the issues of a running service.
    issue = models.OneToOneField(
        Issue, on_delete=models.CASCADE, primary_key=True, db_constraint=False
    )
    counted_at = models.DateTimeField()
    promised = models.PositiveIntegerField()
    states = models.JSONField()
    bounced = models.PositiveIntegerField()
    seconds = models.FloatField(db_default=0.0, help_text="What the count took.")
    reasons = models.JSONField(
        null=True, help_text="What was not sent at the first try: a state, a code, how many."
    )
    details_at = models.DateTimeField(null=True)
    details_seconds = models.FloatField(db_default=0.0)
    domains = models.JSONField(
        null=True, help_text="The largest recipient domains: a domain, a state, how many."
    )
    left = models.PositiveIntegerField(
        null=True, help_text="Readers who got it and then unsubscribed, before the next issue."
    )

    objects = IssueCountManager()

    def __str__(self) -> str:
        return f"{self.issue_id} at {self.counted_at:%Y-%m-%d %H:%M}"

    @property
    def error(self) -> int:
        """Return by how many mails the accounting is wrong: it must be 0."""
        found: int = sum(self.states.values())
        return abs(self.promised - found)


# An issue is counted once more when it ends, and then rests for a hundredth of the time since.
_DUE = """
SELECT issue.id,
       count.details_at IS NULL OR count.details_at < issue.finished_at
           OR count.details_at < now() - greatest(
           make_interval(secs => greatest(%(details)s, 2 * %(share)s * count.details_seconds)), rest
       )
FROM newsletter_issue AS issue
LEFT JOIN newsletter_issuecount AS count ON count.issue_id = issue.id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN issue.state = 'paused' THEN make_interval(secs => %(paused)s)
        WHEN issue.state IN ('sent', 'cancelled') THEN
            (now() - coalesce(issue.finished_at, issue.published_at, issue.created_at)) / 100
        ELSE interval '0'
    END AS rest
) AS resting
WHERE issue.state NOT IN ('draft', 'scheduled')
  AND (%(issues)s::bigint[] IS NULL OR issue.id = ANY (%(issues)s::bigint[]))
  AND (
      count.counted_at IS NULL OR count.counted_at < issue.finished_at
      OR coalesce(issue.finished_at, now()) > now() - %(watched)s
         AND count.counted_at < now() - greatest(
             make_interval(secs => greatest(%(shortest)s, %(share)s * count.seconds)), rest
         )
  )
ORDER BY count.counted_at NULLS FIRST, issue.id DESC
LIMIT %(most)s
"""

_COUNT = """
WITH grouped AS MATERIALIZED (
    SELECT state, error_code, count(*) AS mails
    FROM newsletter_delivery
    WHERE kind = 'issue' AND issue_id = %(issue)s
    GROUP BY state, error_code
), states AS (
    SELECT coalesce(jsonb_object_agg(state, mails), '{}') AS states
    FROM (SELECT state, sum(mails) AS mails FROM grouped GROUP BY state) AS by_state
), reasons AS (
    SELECT coalesce(
        jsonb_agg(jsonb_build_array(state, error_code, mails) ORDER BY mails DESC, error_code), '[]'
    ) AS reasons
    FROM (
        SELECT * FROM grouped WHERE error_code <> ''
        ORDER BY mails DESC, error_code LIMIT %(reasons)s
    ) AS largest
)
INSERT INTO newsletter_issuecount
    (issue_id, counted_at, promised, states, bounced, reasons, seconds)
SELECT issue.id, now(), issue.audience_size, states.states,
       (SELECT coalesce(sum(mails), 0) FROM grouped WHERE error_code LIKE 'bounced%%'),
       reasons.reasons,
       extract(epoch FROM clock_timestamp() - statement_timestamp())
FROM newsletter_issue AS issue, states, reasons
WHERE issue.id = %(issue)s
ON CONFLICT (issue_id) DO UPDATE
SET counted_at = excluded.counted_at, promised = excluded.promised, states = excluded.states,
    bounced = excluded.bounced, reasons = excluded.reasons, seconds = excluded.seconds
"""

_DETAIL = """
WITH by_domain AS MATERIALIZED (
    SELECT lower(split_part(subscription.email, '@', 2)) AS domain, delivery.state,
           count(*) AS mails
    FROM newsletter_delivery AS delivery
    JOIN newsletter_subscription AS subscription ON subscription.id = delivery.subscription_id
    WHERE delivery.kind = 'issue' AND delivery.issue_id = %(issue)s
    GROUP BY 1, 2
), largest AS (
    SELECT domain FROM by_domain GROUP BY domain ORDER BY sum(mails) DESC, domain LIMIT %(domains)s
), named AS (
    SELECT coalesce(largest.domain, '') AS domain, state, sum(mails) AS mails
    FROM by_domain LEFT JOIN largest USING (domain)
    GROUP BY 1, 2
), left_after AS (
    SELECT count(*) AS readers
    FROM newsletter_issue AS issue
    JOIN newsletter_subscription AS subscription
      ON subscription.newsletter_id = issue.newsletter_id
     AND subscription.status = 'unsubscribed'
     AND subscription.unsubscribed_at >= issue.published_at
     AND subscription.unsubscribed_at < coalesce(
         (SELECT min(later.published_at) FROM newsletter_issue AS later
          WHERE later.newsletter_id = issue.newsletter_id
            AND later.published_at > issue.published_at),
         'infinity'
     )
    JOIN newsletter_delivery AS delivery
      ON delivery.issue_id = issue.id AND delivery.subscription_id = subscription.id
     AND delivery.state = 'sent'
    WHERE issue.id = %(issue)s
)
UPDATE newsletter_issuecount
SET details_at = now(),
    domains = (
        SELECT coalesce(jsonb_agg(jsonb_build_array(domain, states) ORDER BY mails DESC), '[]')
        FROM (
            SELECT domain, jsonb_object_agg(state, mails) AS states,
                   CASE WHEN domain = '' THEN 0 ELSE sum(mails) END AS mails
            FROM named GROUP BY domain
        ) AS domains
    ),
    "left" = (SELECT readers FROM left_after)
WHERE issue_id = %(issue)s
"""
