"""Numbers that all workers add up, for the metrics."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models


class TallyManager(models.Manager["Tally"]):
    def add(self, amounts: Mapping[tuple[str, str], float]) -> None:
        """Add amounts by provider and measure, in one statement and always in the same order."""
        if not amounts:
            return
        keys = sorted(amounts)
        rows: list[Any] = [list(column) for column in zip(*keys, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [*rows, [float(amounts[key]) for key in keys]])


class Tally(models.Model):
    OUTCOME = "outcome "
    BUCKET = "seconds "
    SECONDS = "seconds"

    provider = models.CharField(max_length=40)
    measure = models.CharField(max_length=40)
    amount = models.FloatField()

    objects = TallyManager()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint("provider", "measure", name="tally_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.measure}"


_ADD = """
INSERT INTO newsletter_tally AS tally (provider, measure, amount)
SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[])
ON CONFLICT (provider, measure) DO UPDATE SET amount = tally.amount + excluded.amount
"""
