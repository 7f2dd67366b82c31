"""What publishing an issue would do, without doing it."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import Count

from newsletter.models import Issue, Subscription
from newsletter.rendering.issues import sample

CLIPPED_AT = 102_000
"""Bytes of HTML from which Gmail hides the rest of a mail, with the unsubscribe link."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    audience: int
    skipped: dict[str, int]
    """How many subscriptions get nothing, by the reason."""
    mail_bytes: int
    duration: timedelta | None
    """At the set rate; None where no rate is set."""

    @property
    def total_bytes(self) -> int:
        return self.audience * self.mail_bytes


def rehearse(issue: Issue) -> Rehearsal:
    """Count the audience and build one mail; raise what the template raises."""
    by_status = {
        row["status"]: row["readers"]
        for row in Subscription.objects.filter(newsletter=issue.newsletter)
        .values("status")
        .annotate(readers=Count("pk"))
    }
    audience = by_status.pop(Subscription.Status.CONFIRMED, 0)
    rate: float = settings.DELIVERY_RATE_PER_SECOND
    return Rehearsal(
        audience=audience,
        skipped=by_status,
        mail_bytes=len(sample(issue)),
        duration=timedelta(seconds=audience / rate) if rate else None,
    )
