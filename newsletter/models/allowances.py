"""What the guards of the sign-up remember: who has used what he is allowed, and the alarm."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Allowance(models.Model):
    """One address, client, network or solved challenge, and when it was last let through.

    Nobody can be read from a row: its key is a keyed hash. `newsletter.guarding.budgets` makes it.
    """

    key = models.UUIDField(primary_key=True)
    spent = ArrayField(
        models.DateTimeField(), help_text="The last times, in order; no more than the limit."
    )
    latest = models.UUIDField(
        null=True, help_text="Who was let through last; so a statement knows if it was itself."
    )

    class Meta:
        db_table_comment = "Keyed hashes only. Rows older than a day mean nothing."

    def __str__(self) -> str:
        return str(self.key)


class AlarmManager(models.Manager["Alarm"]):
    def is_raised(self) -> bool:
        return self.filter(until__gt=Now()).exists()


class Alarm(models.Model):
    """Whether the sign-up is under attack: one row, which all web processes see."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    until = models.DateTimeField()

    objects = AlarmManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="alarm_one")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}"
