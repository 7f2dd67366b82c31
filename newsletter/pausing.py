"""How a reader rests: he gets no issue for a while and stays a reader.

An issue that comes meanwhile has a row for him, skipped with the reason `paused`; the ledger looks
once more right before it sends (`delivery.advance_statement`).
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models.functions import Now

from newsletter.models import Subscription

PAUSES = {14: timedelta(days=14), 30: timedelta(days=30), 90: timedelta(days=90)}
"""What is offered, by days. A longer one is a farewell."""

logger = structlog.get_logger(__name__)


class UnknownPause(ValueError):
    """Such a pause is not offered."""


def pause(*, subscription_id: UUID, days: int) -> None:
    """Send a confirmed reader no issue for so many days from now; raise UnknownPause."""
    if days not in PAUSES:
        raise UnknownPause
    paused = (
        Subscription.objects.confirmed()
        .filter(pk=subscription_id)
        .update(paused_until=Now() + PAUSES[days])
    )
    if paused:
        logger.info("pausing.paused", subscription=str(subscription_id), days=days)


def resume(*, subscription_id: UUID) -> None:
    """Send him issues again from now on. Repeating it is harmless."""
    if Subscription.objects.filter(pk=subscription_id, paused_until__isnull=False).update(
        paused_until=None
    ):
        logger.info("pausing.resumed", subscription=str(subscription_id))
