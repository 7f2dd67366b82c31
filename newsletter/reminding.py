"""The one reminder to who signed up and has not confirmed."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from newsletter import links
from newsletter.models import Chore, Delivery, Subscription, Suppression
from newsletter.models.subscriptions import SubscriptionQuerySet

EVERY = timedelta(minutes=5)
MOST_AT_ONCE = 500

_Kind, _State = Delivery.Kind, Delivery.State

logger = structlog.get_logger(__name__)


def remind_if_due() -> None:
    """Look every few minutes who is to be reminded, by whichever worker comes first."""
    if settings.REMINDER_HOURS and Chore.objects.take("remind", EVERY):
        remind()


def remind() -> int:
    """Promise the reminders that are due; return how many.

    A second one is refused by the database (`delivery_one_reminder`), and who confirms or leaves
    before it is sent gets none (`delivery.advance_statement`).
    """
    waiting = [reader for reader in _waiting()[:MOST_AT_ONCE] if not _is_barred(reader.email)]
    Delivery.objects.bulk_create(
        [Delivery(kind=_Kind.REMINDER, subscription=reader) for reader in waiting],
        ignore_conflicts=True,
    )
    if waiting:
        logger.info("reminding.promised", reminders=len(waiting))
    return len(waiting)


def _waiting() -> SubscriptionQuerySet:
    """Who was asked once, long enough ago and not too long, and never reminded."""
    due = Now() - timedelta(hours=settings.REMINDER_HOURS)
    mails = Delivery.objects.filter(subscription=OuterRef("pk"))
    asked = mails.filter(kind=_Kind.CONFIRMATION)
    on_its_way = Q(next_at__isnull=False) | Q(lease_until__isnull=False)
    return Subscription.objects.filter(
        Exists(asked.filter(state__in=[_State.SENT, _State.UNKNOWN])),
        ~Exists(asked.filter(Q(created_at__gt=due) | on_its_way)),
        ~Exists(mails.filter(kind=_Kind.REMINDER)),
        status=Subscription.Status.PENDING_CONFIRMATION,
        confirmed_at=None,
        subscribed_at__lt=due,
        subscribed_at__gt=Now() - links.CONFIRMATION_LIFETIME,
    ).order_by("subscribed_at")


def _is_barred(email: str) -> bool:
    return Suppression.objects.of_address(email).binding().exists()
