"""How a reader is confirmed and how he goes; `signing_up` has how he comes.

Every verb may be repeated, and each change of a state is an act in the chain of his consents.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from newsletter import consenting, links, metrics
from newsletter.consenting import UNKNOWN, Client
from newsletter.models import Consent, Subscription, Suppression
from newsletter.models.subscriptions import SubscriptionQuerySet

_Status = Subscription.Status
_CONFIRMABLE = (_Status.PENDING_CONFIRMATION, _Status.UNSUBSCRIBED)

logger = structlog.get_logger(__name__)


def find_by_confirmation(token: str) -> Subscription:
    """Return the subscription that a confirmation link is for; raise InvalidToken."""
    return _confirmable(token, Subscription.objects.select_related("newsletter"))


def confirm(*, token: str, page: str = "", client: Client = UNKNOWN) -> None:
    """Make a reader of who holds this token; raise InvalidToken. Repeating it is harmless."""
    with transaction.atomic():
        subscription = _confirmable(token, Subscription.objects.select_for_update())
        confirmed = accept(subscription, page=page, client=client)
    if confirmed:
        logger.info("subscribing.confirmed", subscription=str(subscription.pk))
        metrics.CONFIRMATIONS.inc()


def accept(subscription: Subscription, *, page: str = "", client: Client = UNKNOWN) -> bool:
    """Make a reader of a locked row whose mailbox has answered; return whether he was none."""
    accepted = Subscription.objects.filter(pk=subscription.pk, status__in=_CONFIRMABLE).update(
        status=_Status.CONFIRMED, confirmed_at=Now(), unsubscribed_at=None, paused_until=None
    )
    if accepted:
        consenting.record_act(subscription.pk, Consent.Act.CONFIRMED, page=page, client=client)
        # Once erased, he has come back himself.
        erased = Suppression.objects.of_address(subscription.email)
        erased.filter(reason=Suppression.Reason.ERASED).delete()
    return bool(accepted)


def unsubscribe(*, subscription_id: UUID, page: str = "", client: Client = UNKNOWN) -> bool:
    """Let a reader go; return whether he was there. Naming one who is erased is harmless."""
    with transaction.atomic():
        left = (
            Subscription.objects.active()
            .filter(pk=subscription_id)
            .update(status=_Status.UNSUBSCRIBED, unsubscribed_at=Now())
        )
        if left:
            consenting.record_act(subscription_id, Consent.Act.WITHDREW, page=page, client=client)
    if left:
        logger.info("subscribing.unsubscribed", subscription=str(subscription_id))
        metrics.UNSUBSCRIPTIONS.inc()
    return bool(left)


def take_back(*, token: str, page: str = "", client: Client = UNKNOWN) -> Subscription:
    """Undo an unsubscription of just now; raise InvalidToken. Repeating it is harmless.

    Who had not confirmed waits for his confirmation again: this is no way around it.
    """
    subscription_id, made_at = links.read_undo_token(token)
    with transaction.atomic():
        reader = Subscription.objects.select_for_update().filter(pk=subscription_id).first()
        if reader is None:
            raise links.InvalidToken
        if reader.status == _Status.UNSUBSCRIBED:
            if reader.unsubscribed_at and reader.unsubscribed_at > made_at + _ROUNDING:
                raise links.InvalidToken  # he has left once more since
            if Suppression.objects.of_address(reader.email).binding().exists():
                raise links.InvalidToken
            Subscription.objects.filter(pk=reader.pk).update(
                status=Case(
                    When(confirmed_at=None, then=Value(_Status.PENDING_CONFIRMATION)),
                    default=Value(_Status.CONFIRMED),
                ),
                unsubscribed_at=None,
            )
            consenting.record_act(reader.pk, Consent.Act.RETURNED, page=page, client=client)
            logger.info("subscribing.returned", subscription=str(reader.pk))
        reader.refresh_from_db()
    return reader


_ROUNDING = timedelta(seconds=1)
"""A token's time is in whole seconds."""


def _confirmable(token: str, subscriptions: SubscriptionQuerySet) -> Subscription:
    """Find whom a token confirms. A link from before the reader left does not bring him back.

    And none does whose address was suppressed since the mail with it was promised.
    """
    subscription_id, made_at = links.read_confirmation_token(token)
    subscription = subscriptions.filter(
        pk=subscription_id, status__in=(*_CONFIRMABLE, _Status.CONFIRMED)
    ).first()
    if subscription is None:
        raise links.InvalidToken
    if Suppression.objects.of_address(subscription.email).binding().exists():
        raise links.InvalidToken
    left_at = subscription.unsubscribed_at
    if left_at and made_at < left_at.replace(microsecond=0):
        raise links.InvalidToken
    return subscription
