"""How often an issue was opened and its links were followed: numbers, of nobody.

A visit is kept for some minutes, until `newsletter.counting` knows whether a machine made it; then
it is one more in a number, and gone. Neither says who it was: the addresses in a mail are the same
for all, and a visitor is a keyed hash that is made for one issue and one day.
"""

from django.db import models
from django.db.models.functions import Now

from newsletter.models.issues import Issue

OPENED = 0
"""The place of the picture by which opening is counted; links are at 1 and on."""


class Visit(models.Model):
    # No constraint in the database: a visit is written as fast as it can be and lives for minutes.
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    place = models.PositiveIntegerField()
    visitor = models.UUIDField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], name="visit_at")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.place}"


class Reading(models.Model):
    issue = models.ForeignKey(
        Issue,
        on_delete=models.CASCADE,
        related_name="readings",
        db_constraint=False,
        db_index=False,
    )
    place = models.PositiveIntegerField(help_text="0: opened; else which of the issue's links.")
    times = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["issue", "place"]
        constraints = [models.UniqueConstraint("issue", "place", name="reading_once")]

    def __str__(self) -> str:
        return f"{self.issue_id}/{self.place}: {self.times}"
