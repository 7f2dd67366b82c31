"""What becomes of a mail after it was handed over, as its provider or a bounce message tells.

A report may come twice, late, out of order, and before the worker has written down its own outcome.
So each change is one guarded step towards the end of a mail: in doubt -> `sent` -> `failed`, never
back; the worker's later record finds a finished row and leaves it (`delivery.ledger`, fencing). The
accounting stays true: a bounced mail moves from `sent` to `failed` with the reason `bounced ...`.
"""

import re
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from newsletter import subscribing, suppressing
from newsletter.models import Complaint, Consent, Delivery, Subscription, Suppression

logger = structlog.get_logger(__name__)

_State = Delivery.State
_MAY_BE_OUT = Q(state__in=[_State.SENDING, _State.UNKNOWN]) | Q(
    state__in=[_State.PENDING, _State.CLAIMED], sending_at__isnull=False
)
"""A mail that left or may have left. Who tells of it has had it, so it is not sent once more."""

# Behind a reply code, or first of all: elsewhere it may be the address of a host.
_STATUS = re.compile(r"(?:^|[#;(]|\b[245]\d\d[ -])\s*([245]\.\d{1,3}\.\d{1,3})(?![.\w])")


def status_in(text: str) -> str:
    """Return the enhanced status code (RFC 3463) that a report's text names, or nothing."""
    found = _STATUS.search(text)
    return found[1] if found else ""


def accepted(*, delivery_id: UUID) -> None:
    """Note that the provider has the mail: this resolves `unknown`, and spares a second copy."""
    resolved = Delivery.objects.filter(_MAY_BE_OUT, pk=delivery_id).update(
        state=_State.SENT, error_code="", next_at=None, lease_until=None, finished_at=Now()
    )
    if resolved:
        logger.info("bouncing.accepted", delivery=str(delivery_id))


def bounced(*, delivery_id: UUID, code: str, mailbox_is_gone: bool) -> None:
    """Note that the mail came back for good, and suppress the address if there is no such mailbox.

    The first report decides: a repetition changes nothing, even after the address was let in again.
    """
    with transaction.atomic():
        failed = Delivery.objects.filter(_MAY_BE_OUT | Q(state=_State.SENT), pk=delivery_id).update(
            state=_State.FAILED,
            error_code=code[:64],
            next_at=None,
            lease_until=None,
            finished_at=Coalesce("finished_at", Now()),
        )
        subscription_id = _subscription_id(delivery_id)
        if failed and mailbox_is_gone and subscription_id:
            bounced = Suppression.Reason.BOUNCED
            suppressing.suppress(subscription_id=subscription_id, reason=bounced)
    if failed:
        logger.info("bouncing.bounced", delivery=str(delivery_id), code=code)


def complained(*, delivery_id: UUID) -> None:
    """Suppress the address of who called the mail spam: it withdraws every consent it gave."""
    accepted(delivery_id=delivery_id)
    with transaction.atomic():
        reader = Subscription.objects.filter(deliveries=delivery_id).first()
        if reader is None:
            return
        issue_id = Delivery.objects.values_list("issue_id", flat=True).get(pk=delivery_id)
        Complaint.objects.get_or_create(delivery_id=delivery_id, defaults={"issue_id": issue_id})
        complaint = Suppression.Reason.COMPLAINED
        leaving = suppressing.suppress(subscription_id=reader.pk, reason=complaint)
        Consent.objects.bulk_create(
            Consent(subscription=subscription, act=Consent.Act.WITHDREW) for subscription in leaving
        )
    logger.info("bouncing.complained", delivery=str(delivery_id))


def unsubscribed(*, delivery_id: UUID) -> None:
    """Let a reader go who said so to the provider."""
    accepted(delivery_id=delivery_id)
    subscription_id = _subscription_id(delivery_id)
    if subscription_id:
        subscribing.unsubscribe(subscription_id=subscription_id)


def _subscription_id(delivery_id: UUID) -> UUID | None:
    return Delivery.objects.filter(pk=delivery_id).values_list("subscription_id", flat=True).first()
