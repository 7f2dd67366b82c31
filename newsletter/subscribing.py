"""How a reader is confirmed and how he goes; `signing_up` has how he comes."""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.functions import Now

from newsletter import links, metrics
from newsletter.models import Consent, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet

_CONFIRMABLE = (Subscription.Status.PENDING_CONFIRMATION, Subscription.Status.UNSUBSCRIBED)

logger = structlog.get_logger(__name__)


def find_by_confirmation(token: str) -> Subscription:
    """Return the subscription that a confirmation link is for; raise InvalidToken."""
    return _confirmable(token, Subscription.objects.select_related("newsletter"))


def confirm(*, token: str) -> None:
    """Make a reader of who holds this token; raise InvalidToken. Repeating it is harmless."""
    with transaction.atomic():
        subscription = _confirmable(token, Subscription.objects.select_for_update())
        confirmed = Subscription.objects.filter(pk=subscription.pk, status__in=_CONFIRMABLE).update(
            status=Subscription.Status.CONFIRMED, confirmed_at=Now(), unsubscribed_at=None
        )
        if confirmed:
            Consent.objects.create(subscription=subscription, act=Consent.Act.CONFIRMED)
    if confirmed:
        logger.info("subscribing.confirmed", subscription=str(subscription.pk))
        metrics.CONFIRMATIONS.inc()


def unsubscribe(*, subscription_id: UUID) -> None:
    """Let a reader go. Repeating it, or naming one who is erased, is harmless."""
    with transaction.atomic():
        left = (
            Subscription.objects.active()
            .filter(pk=subscription_id)
            .update(status=Subscription.Status.UNSUBSCRIBED, unsubscribed_at=Now())
        )
        if left:
            Consent.objects.create(subscription_id=subscription_id, act=Consent.Act.WITHDREW)
    if left:
        logger.info("subscribing.unsubscribed", subscription=str(subscription_id))
        metrics.UNSUBSCRIPTIONS.inc()


def _confirmable(token: str, subscriptions: SubscriptionQuerySet) -> Subscription:
    """Find whom a token confirms. A link from before the reader left does not bring him back."""
    subscription_id, made_at = links.read_confirmation_token(token)
    subscription = subscriptions.filter(
        pk=subscription_id, status__in=(*_CONFIRMABLE, Subscription.Status.CONFIRMED)
    ).first()
    if subscription is None:
        raise links.InvalidToken
    left_at = subscription.unsubscribed_at
    if left_at and made_at < left_at.replace(microsecond=0):
        raise links.InvalidToken
    return subscription
