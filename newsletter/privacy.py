"""The rights of a person: to get all that is known of him, and to be forgotten (GDPR, 15 and 17).

A person is an address: what he reads in several newsletters belongs together. Both verbs are for
him, who has just shown that he reads the mailbox, and for staff.
"""

from typing import Any

import structlog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from newsletter import evidence
from newsletter.importing import ranges
from newsletter.importing.forgetting import forget_address
from newsletter.models import Delivery, Subscription, Suppression
from newsletter.models.suppressions import address_digests

logger = structlog.get_logger(__name__)

_Status, _Reason = Subscription.Status, Suppression.Reason

_FIELDS = (
    "status",
    "name",
    "language",
    "source",
    "tags",
    "attributes",
    "subscribed_at",
    "confirmed_at",
    "unsubscribed_at",
    "paused_until",
)


def export_person(*, email: str) -> dict[str, Any]:
    """Return all that is stored of an address, ready for JSON; of an unknown one, empty lists."""
    subscriptions = (
        Subscription.objects.with_address(email)
        .select_related("newsletter")
        .prefetch_related("notes", "changes")
        .order_by("subscribed_at", "pk")
    )
    suppression = Suppression.objects.of_address(email).first()
    return {
        "address": email,
        "exported_at": timezone.now().isoformat(),
        "never_mailed_because": suppression.reason if suppression else None,
        "subscriptions": [_subscription(subscription) for subscription in subscriptions],
    }


def erase_person(*, email: str, never_again: bool = False) -> int:
    """Forget an address in all newsletters; return how many subscriptions it had. Repeatable.

    What stays is a keyed hash of the address and its reason: an earlier bounce or complaint, which
    still forbids all mail; ``requested`` where the person wants no mail ever again; otherwise
    ``erased``, by which no import brings him back, while he himself may sign up again. The ledger
    keeps its rows, so that accounts of past issues stay true; their subscription leads nowhere.
    """
    with transaction.atomic():
        ranges.hold_back()
        person = Subscription.objects.with_address(email).select_for_update().order_by("pk")
        # Twice: who holds one of the rows may be adding another (`own_changes.join`), which a
        # statement that began before does not see.
        list(person)
        found = list(person.all())
        if found or never_again:
            _remember(email, {reader.status for reader in found}, never_again=never_again)
        _forget(found)
        forget_address(email)
    logger.info("privacy.erased", subscriptions=[str(reader.pk) for reader in found])
    return len(found)


def forget(subscriptions: list[Subscription]) -> None:
    """Remove rows that leave no trace but the ledger's; for who was never a reader."""
    with transaction.atomic():
        _forget(subscriptions)


def _forget(subscriptions: list[Subscription]) -> None:
    pks = [subscription.pk for subscription in subscriptions]
    personal = [Delivery.Kind.ACCESS, Delivery.Kind.ADDRESS]
    Delivery.objects.filter(subscription__in=pks, kind__in=personal).exclude(recipient="").update(
        recipient=""
    )
    # The admin's own log names what was changed, by its address.
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscription), object_id__in=map(str, pks)
    ).update(object_repr="erased", change_message="")
    Subscription.objects.filter(pk__in=pks).delete()


def _remember(email: str, statuses: set[str], *, never_again: bool) -> None:
    """Keep the reason that binds most; one that is known already only ever becomes stronger."""
    if _Status.COMPLAINED in statuses:
        reason = _Reason.COMPLAINED
    elif _Status.BOUNCED in statuses:
        reason = _Reason.BOUNCED
    else:
        reason = _Reason.REQUESTED if never_again else _Reason.ERASED
    digest = address_digests(email)[0]
    known = Suppression.objects.of_address(email)
    if reason != _Reason.ERASED and known.filter(reason=_Reason.ERASED).update(reason=reason):
        return
    if not known.exists():
        Suppression.objects.get_or_create(digest=digest, defaults={"reason": reason})


def _subscription(subscription: Subscription) -> dict[str, Any]:
    return {
        "newsletter": subscription.newsletter.title,
        **{field: _plain(getattr(subscription, field)) for field in _FIELDS},
        "consent": evidence.evidence(subscription),
        "mails": [_mail(delivery) for delivery in _deliveries(subscription)],
        "notes": [
            {"at": note.at.isoformat(), "text": note.text} for note in subscription.notes.all()
        ],
        "changes_by_staff": [
            {"at": change.at.isoformat(), "act": change.act, "detail": change.detail}
            for change in subscription.changes.all()
        ],
    }


def _deliveries(subscription: Subscription) -> list[Delivery]:
    """Return all mails to a subscription; by issue, since that is how the ledger is indexed."""
    issues = subscription.newsletter.issues.values("pk")
    own = Delivery.objects.filter(subscription=subscription).select_related("issue")
    of_issues = own.filter(issue__in=issues)
    single = [own.filter(kind=kind, issue=None) for kind in _SINGLE]
    return sorted(
        (mail for mails in (of_issues, *single) for mail in mails), key=lambda mail: mail.created_at
    )


_SINGLE = (
    Delivery.Kind.CONFIRMATION,
    Delivery.Kind.REMINDER,
    Delivery.Kind.ACCESS,
    Delivery.Kind.ADDRESS,
)


def _mail(delivery: Delivery) -> dict[str, Any]:
    return {
        "kind": delivery.kind,
        "subject": delivery.issue.subject if delivery.issue else None,
        "recipient": delivery.recipient or None,
        "state": delivery.state,
        "reason": delivery.error_code or None,
        "promised_at": delivery.created_at.isoformat(),
        "finished_at": _plain(delivery.finished_at),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
