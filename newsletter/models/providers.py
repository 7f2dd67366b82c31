"""What all workers know of the mail provider, kept in one row."""

from django.db import models
from django.db.models.functions import Now


class Provider(models.Model):
    """The shared gate in front of a provider: its rate, its holds and its circuit breaker."""

    name = models.CharField(primary_key=True, max_length=40)
    next_slot = models.DateTimeField(
        db_default=Now(), help_text="From when the next mail may leave under the rate limit."
    )
    hold_until = models.DateTimeField(
        db_default=Now(), help_text="Nothing is sent before: the provider asked for it (421, 429)."
    )
    failures = models.PositiveIntegerField(
        db_default=0, help_text="Provider-level failures in a row."
    )
    opened_at = models.DateTimeField(null=True, help_text="Since when the circuit is open.")
    probe_at = models.DateTimeField(
        null=True, help_text="When one worker may try the open circuit with one mail."
    )
    last_error = models.CharField(max_length=64, blank=True, db_default="")

    def __str__(self) -> str:
        return self.name
