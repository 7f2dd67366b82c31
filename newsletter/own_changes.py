"""What a reader changes of himself, who came by a fresh link (`identifying`).

All his subscriptions are one person's: they share the address, the name and the language.
"""

from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from newsletter import consenting, identifying, links, subscribing
from newsletter.consenting import Agreement
from newsletter.guarding import budgets
from newsletter.models import Consent, Delivery, Newsletter, Subscription, Suppression

_A_DAY = 3
"""Changes of address that one reader may ask for, so that he bombs no mailboxes."""

logger = structlog.get_logger(__name__)


class AddressTaken(Exception):
    """The new address has a subscription of its own; the two are never made one."""


def rename(*, email: str, name: str) -> None:
    Subscription.objects.with_address(email).update(name=name)
    logger.info("own_changes.renamed")


def speak(*, email: str, language: str) -> None:
    """Let all mails to a person be in a language of `settings.LANGUAGES`."""
    Subscription.objects.with_address(email).update(language=language)
    logger.info("own_changes.language", language=language)


def join(*, email: str, newsletter: Newsletter, agreed: Agreement) -> None:
    """Make a person a reader of one more newsletter: his mailbox has just answered.

    Who came back after leaving, or waited for confirmation, is confirmed; nobody is whose address
    was suppressed since he got his link. Repeatable.
    """
    with transaction.atomic():
        # Locked as by `privacy.erase_person`, so that nobody comes back who is being erased.
        person = Subscription.objects.with_address(email).select_for_update().order_by("pk")
        known = min(person, key=lambda reader: (reader.subscribed_at, reader.pk), default=None)
        if known is None or Suppression.objects.of_address(email).binding().exists():
            return
        joining = Subscription(
            newsletter=newsletter, email=known.email, name=known.name, language=known.language
        )
        Subscription.objects.bulk_create([joining], ignore_conflicts=True)
        own = Subscription.objects.filter(newsletter=newsletter).with_address(email)
        reader = own.select_for_update().first()
        if reader is None:
            return  # erased at this moment
        if reader.status in (
            Subscription.Status.PENDING_CONFIRMATION,
            Subscription.Status.UNSUBSCRIBED,
        ):
            consenting.record_agreement(reader.pk, agreed)
            subscribing.accept(reader, page=agreed.page, client=agreed.client)
    logger.info("own_changes.joined", subscription=str(reader.pk), newsletter=newsletter.slug)


def ask_for_address(*, subscription: Subscription, email: str) -> None:
    """Promise a mail to the address that a person wants to have from now on.

    Whether it is known, forbidden or over its limits, the caller learns nothing of it.
    """
    if email.lower() == subscription.email.lower():
        return
    barred = Suppression.objects.of_address(email).binding().exists()
    granted = not settings.SIGNUP_LIMITS or (
        identifying.mailbox_may("address", email)
        and budgets.spend("address-of", str(subscription.pk), most=_A_DAY, seconds=24 * 60 * 60)
    )
    if barred or not granted:
        logger.info("own_changes.not_mailed", subscription=str(subscription.pk))
        return
    mail = Delivery.objects.create(
        kind=Delivery.Kind.ADDRESS, subscription=subscription, recipient=email
    )
    logger.info("own_changes.asked", subscription=str(subscription.pk), delivery=str(mail.pk))


def find_new_address(token: str) -> tuple[Subscription, str]:
    """Return who asked for the address of this mail, and the address.

    Raises InvalidToken unless it is the last that he asked for, and may be mailed.
    """
    mails = Delivery.objects.select_related("subscription__newsletter")
    mail = mails.filter(pk=links.read_address_token(token), kind=Delivery.Kind.ADDRESS).first()
    if mail is None or mail.subscription is None or not mail.recipient or _is_superseded(mail):
        raise links.InvalidToken
    if Suppression.objects.of_address(mail.recipient).binding().exists():
        raise links.InvalidToken
    return mail.subscription, mail.recipient


def move(*, token: str) -> Subscription:
    """Give all subscriptions of a person the address that has answered, and return one of them.

    Repeating it is harmless. Raises InvalidToken or AddressTaken; then nothing has changed.
    """
    reader, email = find_new_address(token)
    try:
        with transaction.atomic():
            return _move(reader.pk, email)
    except IntegrityError as error:
        raise AddressTaken from error


def _move(subscription_id: UUID, email: str) -> Subscription:
    readers = _lock_person(subscription_id)
    for reader in readers:
        if reader.email != email:
            Subscription.objects.filter(pk=reader.pk).update(email=email)
            consenting.record_act(reader.pk, Consent.Act.MOVED)
    logger.info("own_changes.moved", subscriptions=[str(reader.pk) for reader in readers])
    return next(reader for reader in readers if reader.pk == subscription_id)


def _lock_person(subscription_id: UUID) -> list[Subscription]:
    """Lock all subscriptions of the address that one has, in the order of their ids.

    The address may change until they are locked; then it is asked for once more. Raises
    InvalidToken where the person is erased.
    """
    while True:
        asked = Subscription.objects.filter(pk=subscription_id).first()
        if asked is None:
            raise links.InvalidToken
        readers = list(
            Subscription.objects.with_address(asked.email)
            .select_related("newsletter")
            .select_for_update(of=["self"])
            .order_by("pk")
        )
        if any(reader.pk == subscription_id for reader in readers):
            return readers


def _is_superseded(mail: Delivery) -> bool:
    """Whether another address was asked for since: then this one is no longer wanted."""
    later = Delivery.objects.filter(
        kind=Delivery.Kind.ADDRESS,
        subscription=mail.subscription_id,
        created_at__gt=mail.created_at,
    )
    return later.exists()
