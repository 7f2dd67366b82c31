"""How far an issue had come at some moments: what its rate over time is drawn from."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import models

from newsletter.models.issues import Issue

PARTS = 200
"""Of the audience: a sample is kept when so much more is done."""
LONGEST_STEP = timedelta(minutes=5)


class IssueSampleManager(models.Manager["IssueSample"]):
    def take(self, issue: Issue, at: datetime, states: Mapping[str, int]) -> None:
        """Keep how far an issue is, if that tells something new.

        So it has some hundred samples whatever its size; a standstill has two, of which the later
        one moves on.
        """
        now = IssueSample(issue=issue, at=at, **{name: states.get(name, 0) for name in OUTCOMES})
        last, before = [*self.filter(issue=issue).order_by("-at")[:2], None, None][:2]
        stands = last is not None and last.outcomes == now.outcomes
        is_open = issue.state not in {Issue.State.SENT, Issue.State.CANCELLED}
        if last is None or not is_open:
            news = not stands
        elif stands:
            news = before is None or before.outcomes != now.outcomes
            if not news:
                self.filter(pk=last.pk, at__lt=at).update(at=at)
        else:
            much = now.done - last.done >= issue.audience_size / PARTS
            news = much or at - last.at > LONGEST_STEP
        if news:
            self.bulk_create([now], ignore_conflicts=True)


class IssueSample(models.Model):
    """Mails of an issue with each outcome by then."""

    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="samples", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    sent = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()

    objects = IssueSampleManager()

    class Meta:
        constraints = [models.UniqueConstraint("issue", "at", name="issuesample_once")]

    def __str__(self) -> str:
        return f"{self.issue_id} at {self.at:%Y-%m-%d %H:%M:%S}"

    @property
    def outcomes(self) -> tuple[int, ...]:
        return (self.sent, self.failed, self.skipped, self.unknown)

    @property
    def done(self) -> int:
        return sum(self.outcomes)


OUTCOMES = ("sent", "failed", "skipped", "unknown")
