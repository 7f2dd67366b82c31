"""Addresses that must never be mailed again."""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.importing import ranges
from newsletter.models import Change, Consent, Subscription, Suppression
from newsletter.models.suppressions import address_digests

logger = structlog.get_logger(__name__)

Status, Reason = Subscription.Status, Suppression.Reason
_ENDINGS = {Reason.BOUNCED: Status.BOUNCED, Reason.COMPLAINED: Status.COMPLAINED}


def suppress(*, subscription_id: UUID, reason: Suppression.Reason) -> list[Subscription]:
    """Suppress the address of a subscription for good, in every newsletter; repeatable.

    Return whose subscriptions end by it.
    """
    with transaction.atomic():
        ranges.hold_back()
        subscription = Subscription.objects.filter(pk=subscription_id).first()
        if subscription is None:
            return []
        known = Suppression.objects.of_address(subscription.email)
        if not known.filter(reason=Reason.ERASED).update(reason=reason):
            digest = address_digests(subscription.email)[0]
            Suppression.objects.get_or_create(digest=digest, defaults={"reason": reason})
        readers = Subscription.objects.with_address(subscription.email).active()
        leaving = list(readers.select_for_update().order_by("pk"))
        Subscription.objects.filter(pk__in=[reader.pk for reader in leaving]).update(
            status=_ENDINGS[reason], unsubscribed_at=timezone.now()
        )
    logger.info("suppressing.suppressed", subscription=str(subscription_id), reason=str(reason))
    return leaving


def suppress_by_hand(*, email: str, note: str, by: str) -> bool:
    """Suppress any address for good, known or not; return whether it was not suppressed before.

    Its readers are unsubscribed, in every newsletter. What was known of an erased person or of a
    bounce stays the stronger reason.
    """
    with transaction.atomic():
        ranges.hold_back()
        known = Suppression.objects.of_address(email)
        is_new = not known.exists()
        if is_new:
            Suppression.objects.get_or_create(
                digest=address_digests(email)[0],
                defaults={"reason": Reason.MANUAL, "note": note, "by": by},
            )
        else:
            known.filter(reason=Reason.ERASED).update(reason=Reason.MANUAL, note=note, by=by)
        readers = Subscription.objects.with_address(email)
        for reader in readers.active().select_for_update(of=["self"]).order_by("pk"):
            Subscription.objects.filter(pk=reader.pk).update(
                status=Status.UNSUBSCRIBED, unsubscribed_at=Now()
            )
            Consent.objects.create(subscription=reader, act=Consent.Act.WITHDREW)
            Change.objects.create(
                subscription=reader, act=Change.Act.SUPPRESSED, detail=note, by=by
            )
    logger.info("suppressing.suppressed_by_hand", is_new=is_new)
    return is_new


def lift(*, email: str, note: str, by: str) -> bool:
    """Let an address be mailed again if its owner signs up; return whether it was suppressed.

    Nobody becomes a reader by it: who bounced or complained counts as one who has left, and comes
    back by his own confirmation only.
    """
    with transaction.atomic():
        lifted, _ = Suppression.objects.of_address(email).delete()
        if not lifted:
            return False
        for reader in Subscription.objects.with_address(email).select_for_update(of=["self"]):
            Subscription.objects.filter(
                pk=reader.pk, status__in=[Status.BOUNCED, Status.COMPLAINED]
            ).update(status=Status.UNSUBSCRIBED)
            Change.objects.create(subscription=reader, act=Change.Act.LIFTED, detail=note, by=by)
    logger.info("suppressing.lifted")
    return True
