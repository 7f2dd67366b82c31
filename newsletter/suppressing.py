"""Addresses that must never be mailed again."""

from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from newsletter.models import Subscription, Suppression
from newsletter.models.suppressions import address_digests

logger = structlog.get_logger(__name__)

_ENDINGS = {
    Suppression.Reason.BOUNCED: Subscription.Status.BOUNCED,
    Suppression.Reason.COMPLAINED: Subscription.Status.COMPLAINED,
}


def suppress(*, subscription_id: UUID, reason: Suppression.Reason) -> None:
    """Suppress the address of a subscription for good, in every newsletter; repeatable."""
    with transaction.atomic():
        subscription = Subscription.objects.filter(pk=subscription_id).first()
        if subscription is None:
            return
        digest = address_digests(subscription.email)[0]
        Suppression.objects.get_or_create(digest=digest, defaults={"reason": reason})
        Subscription.objects.with_address(subscription.email).active().update(
            status=_ENDINGS[reason], unsubscribed_at=timezone.now()
        )
    logger.info("suppressing.suppressed", subscription=str(subscription_id), reason=str(reason))
