"""What publishing an issue would do, without doing it."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from newsletter import audiences
from newsletter.models import Issue
from newsletter.rendering.issues import sample

CLIPPED_AT = 102_000
"""Bytes of HTML from which Gmail hides the rest of a mail, with the unsubscribe link."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    audience: int
    skipped: dict[str, int]
    """How many of those who meet the conditions of the audience get nothing, by the reason."""
    mail_bytes: int
    duration: timedelta | None
    """At the set rate; None where no rate is set."""

    @property
    def total_bytes(self) -> int:
        return self.audience * self.mail_bytes


def rehearse(issue: Issue) -> Rehearsal:
    """Count the audience and build one mail.

    Raises InvalidDefinition, and what the template raises.
    """
    reach = audiences.reach(issue, patience_ms=None)
    audience = reach.audience.readers
    rate: float = settings.DELIVERY_RATE_PER_SECOND
    return Rehearsal(
        audience=audience,
        skipped={reason: count.readers for reason, count in reach.skipped.items()},
        mail_bytes=len(sample(issue)),
        duration=timedelta(seconds=audience / rate) if rate else None,
    )
