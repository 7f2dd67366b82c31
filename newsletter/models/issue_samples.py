"""How far an issue had come at some moments: what its rate over time is drawn from."""

from django.db import models

from newsletter.models.issues import Issue


class IssueSample(models.Model):
    """Mails of an issue with each outcome by then. There are some hundred of an issue at most."""

    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="samples", db_constraint=False, db_index=False
    )
    at = models.DateTimeField()
    sent = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()
    skipped = models.PositiveIntegerField()
    unknown = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("issue", "at", name="issuesample_once")]

    def __str__(self) -> str:
        return f"{self.issue_id} at {self.at:%Y-%m-%d %H:%M:%S}"
