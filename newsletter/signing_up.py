"""How a reader comes: the sign-up.

A sign-up and the promise of its mail are one commit. What a stranger types never changes a row that
exists: only who holds a link from the mailbox does.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from newsletter import consenting, metrics
from newsletter.consenting import Agreement
from newsletter.models import Delivery, Newsletter, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from zero2prod.postgres.cursors import prepared_cursor

PAUSE_BETWEEN_MAILS = timedelta(minutes=10)
MAILS_A_DAY = 3
"""Confirmation mails to one address, so that nobody can bomb a mailbox through the form."""

_CONFIRMABLE = (Subscription.Status.PENDING_CONFIRMATION, Subscription.Status.UNSUBSCRIBED)
_UNDELIVERED = (Delivery.State.PENDING, Delivery.State.CLAIMED, Delivery.State.SENDING)

logger = structlog.get_logger(__name__)


def sign_up(
    *, newsletter: Newsletter, email: str, name: str, agreed: Agreement | None = None
) -> None:
    """Store a reader who waits for confirmation, what he agreed to and his mail, in one commit.

    An address that is known gets another mail if it could be confirmed and within the limits; a
    suppressed one leaves no row. The caller learns nothing of that, and neither does a visitor.
    Who was shown no words in particular agrees to those of today.
    """
    agreed = agreed or consenting.agreement(newsletter)
    outcome = _welcome(newsletter, email, name, agreed) or _remind(newsletter, email, agreed)
    metrics.SIGN_UPS.labels(outcome).inc()


def _welcome(newsletter: Newsletter, email: str, name: str, agreed: Agreement) -> str:
    """Store a new reader by one statement, which is one round trip; say nothing if he is known."""
    with prepared_cursor() as cursor:
        cursor.execute(
            _NEW_READER,
            {
                "digests": address_digests(email),
                "id": uuid4(),
                "newsletter": newsletter.pk,
                "email": email,
                "name": name,
                "wording": agreed.wording.text,
                "wording_version": agreed.wording.name,
                "locale": agreed.wording.language,
                "page": agreed.page,
                "ip_address": agreed.client.ip_address,
                "user_agent": agreed.client.user_agent,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return ""
    _log_sign_up(newsletter, *row, again=False)
    return "new"


def _remind(newsletter: Newsletter, email: str, agreed: Agreement) -> str:
    """Mail an address that is known again, if that may be."""
    with transaction.atomic():
        stored = (
            Subscription.objects.filter(newsletter=newsletter)
            .with_address(email)
            .select_for_update()
            .first()
        )
        if stored is None or Suppression.objects.of_address(email).binding().exists():
            logger.info("subscribing.suppressed", newsletter=newsletter.slug)
            return "suppressed"
        if not _may_be_mailed_again(stored):
            logger.info("subscribing.not_mailed_again", subscription=str(stored.pk))
            return "not_mailed_again"
        consenting.record_agreement(stored.pk, agreed)
        mail = Delivery.objects.create(kind=Delivery.Kind.CONFIRMATION, subscription=stored)
    _log_sign_up(newsletter, stored.pk, mail.pk, again=True)
    return "mailed_again"


# Of simultaneous sign-ups one inserts; the others wait for its commit and find the address known.
_NEW_READER = """
WITH reader AS (
    INSERT INTO newsletter_subscription (id, newsletter_id, email, name, status, attributes)
    SELECT %(id)s, %(newsletter)s, %(email)s, %(name)s, 'pending_confirmation', '{}'
    WHERE NOT EXISTS (
        SELECT FROM newsletter_suppression
        WHERE digest = ANY (%(digests)s) AND reason <> 'erased'
    )
    ON CONFLICT DO NOTHING
    RETURNING id
), consent AS (
    INSERT INTO newsletter_consent
        (subscription_id, act, wording, wording_version, locale, page, ip_address, user_agent)
    SELECT id, 'signed_up', %(wording)s, %(wording_version)s, %(locale)s, %(page)s,
        %(ip_address)s::inet, %(user_agent)s
    FROM reader
), mail AS (
    INSERT INTO newsletter_delivery (id, kind, subscription_id, recipient, state)
    SELECT gen_random_uuid(), 'confirmation', id, '', 'pending' FROM reader
    RETURNING id
)
SELECT reader.id, mail.id FROM reader, mail
"""


def _may_be_mailed_again(subscription: Subscription) -> bool:
    """Decide by the ledger; the row's lock makes simultaneous sign-ups decide one after another."""
    if subscription.status not in _CONFIRMABLE:
        return False
    if not settings.SIGNUP_LIMITS:
        return True
    mails = subscription.deliveries.filter(kind=Delivery.Kind.CONFIRMATION).aggregate(
        undelivered=Count("pk", filter=Q(state__in=_UNDELIVERED)),
        recent=Count("pk", filter=Q(created_at__gt=Now() - PAUSE_BETWEEN_MAILS)),
        today=Count("pk", filter=Q(created_at__gt=Now() - timedelta(days=1))),
    )
    return not mails["undelivered"] and not mails["recent"] and mails["today"] < MAILS_A_DAY


def _log_sign_up(
    newsletter: Newsletter, subscription: UUID, delivery: UUID, *, again: bool
) -> None:
    logger.info(
        "subscribing.signed_up",
        subscription=str(subscription),
        delivery=str(delivery),
        newsletter=newsletter.slug,
        again=again,
    )
