"""Figures of the admin's first page that need a look at every reader: counted by the workers."""

from django.db import models

from newsletter.models.newsletters import Newsletter


class Day(models.Model):
    """What a newsletter's readers did on a day (UTC), and how many were confirmed at its end."""

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="days", db_constraint=False
    )
    day = models.DateField()
    readers = models.PositiveIntegerField()
    signed_up = models.PositiveIntegerField()
    confirmed = models.PositiveIntegerField()
    left = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("newsletter", "day", name="day_once")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} on {self.day}"


class Figure(models.Model):
    """A number or some that are shown with the moment of their counting."""

    name = models.CharField(primary_key=True, max_length=40)
    counted_at = models.DateTimeField()
    seconds = models.FloatField(help_text="What the count took.")
    value = models.JSONField()

    def __str__(self) -> str:
        return f"{self.name} at {self.counted_at:%Y-%m-%d %H:%M}"
