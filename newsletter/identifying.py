"""The fresh link: who wants to see or change what is stored of him shows that he reads the mailbox.

The link of an issue's footer lasts for years and is forwarded with the mail, so it opens only what
harms nobody. This one is mailed on demand, to the address that is stored, and works for an hour.
"""

from uuid import UUID

import structlog
from django.conf import settings

from newsletter import links
from newsletter.guarding import budgets
from newsletter.models import Consent, Delivery, Subscription, Suppression
from newsletter.models.subscriptions import SubscriptionQuerySet

_MAILABLE = (
    Subscription.Status.PENDING_CONFIRMATION,
    Subscription.Status.CONFIRMED,
    Subscription.Status.UNSUBSCRIBED,
)
_DAY = 24 * 60 * 60

logger = structlog.get_logger(__name__)


class TooMany(Exception):
    """The client has asked as often as it may within the hour."""


def ask_for_link(*, email: str, client: str = "") -> None:
    """Promise a fresh link to an address if it is known and within its limits.

    The caller learns nothing of that. Raises TooMany, which depends on the client alone.
    """
    if settings.SIGNUP_LIMITS and not budgets.spend_client(client):
        raise TooMany
    may = not settings.SIGNUP_LIMITS or mailbox_may("access", email)
    readers = Subscription.objects.with_address(email)
    _promise(readers if may else readers.none(), email)


def ask_for_link_of(*, subscription_id: UUID) -> None:
    """Promise one to the address of a subscription, for who holds a link of an issue."""
    readers = Subscription.objects.filter(pk=subscription_id)
    email = readers.values_list("email", flat=True).first()
    if email and (not settings.SIGNUP_LIMITS or mailbox_may("access", email)):
        _promise(readers, email)


def identify(token: str) -> Subscription:
    """Return a subscription of who has opened a fresh link; raise InvalidToken."""
    subscription_id, made_at = links.read_access_token(token)
    readers = Subscription.objects.select_related("newsletter")
    reader = readers.filter(pk=subscription_id, status__in=_MAILABLE).first()
    if reader is None or _is_barred(reader.email):
        raise links.InvalidToken
    # What was mailed to the former address does not open what belongs to the new one.
    if reader.consents.filter(act=Consent.Act.MOVED, at__gte=made_at).exists():
        raise links.InvalidToken
    return reader


def mailbox_may(kind: str, email: str) -> bool:
    """Spend one mail of a kind to a mailbox: one in ten minutes, three a day, as of sign-ups."""
    mailbox = str(budgets.address_key(email))
    pause = int(budgets.PAUSE_BETWEEN_MAILS.total_seconds())
    return budgets.spend(f"{kind}-pause", mailbox, most=1, seconds=pause) and budgets.spend(
        f"{kind}-day", mailbox, most=budgets.MAILS_A_DAY, seconds=_DAY
    )


def _promise(readers: SubscriptionQuerySet, email: str) -> None:
    """Promise the mail, or do as much for nobody, so that the time tells nothing either."""
    reader = readers.filter(status__in=_MAILABLE).order_by("subscribed_at", "pk").first()
    if _is_barred(email) or reader is None:
        budgets.spend("nobody", email, most=1, seconds=1)
        logger.info("identifying.not_mailed")
        return
    mail = Delivery.objects.create(kind=Delivery.Kind.ACCESS, subscription=reader)
    logger.info("identifying.promised", subscription=str(reader.pk), delivery=str(mail.pk))


def _is_barred(email: str) -> bool:
    return Suppression.objects.of_address(email).binding().exists()
