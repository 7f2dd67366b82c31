"""How many mails of an issue were in which state when a worker last counted them."""

from datetime import timedelta

from django.db import connection, models, transaction
from django.db.models.functions import Now

from newsletter.models.issues import Issue

EVERY = timedelta(seconds=30)
"""Between two counts. To count a million rows takes half a second: too long for every scrape."""
WATCHED = timedelta(days=1)
"""For how long a finished issue is still counted: bounces come later."""


class IssueCountManager(models.Manager["IssueCount"]):
    def refresh(self) -> None:
        """Count the issues in delivery, paused, or finished lately, if nobody has just now.

        One statement, so that the promised mails and their states are of one moment.
        """
        if self.filter(counted_at__gt=Now() - EVERY).exists():
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '1min'")
            cursor.execute(_REFRESH, [WATCHED.total_seconds()])


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


_REFRESH = """
INSERT INTO newsletter_issuecount (issue_id, counted_at, promised, states, bounced)
SELECT issue.id, now(), issue.audience_size, counted.states, counted.bounced
FROM newsletter_issue AS issue
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(state, mails), '{}') AS states,
           coalesce(sum(bounced), 0) AS bounced
    FROM (
        SELECT state, count(*) AS mails,
               count(*) FILTER (WHERE error_code LIKE 'bounced%%') AS bounced
        FROM newsletter_delivery
        WHERE kind = 'issue' AND issue_id = issue.id
        GROUP BY state
    ) AS by_state
) AS counted
WHERE issue.state IN ('expanding', 'sending', 'paused')
   OR issue.state IN ('sent', 'cancelled')
       AND issue.finished_at > now() - make_interval(secs => %s)
ORDER BY issue.id
ON CONFLICT (issue_id) DO UPDATE
SET counted_at = excluded.counted_at, promised = excluded.promised,
    states = excluded.states, bounced = excluded.bounced
"""
