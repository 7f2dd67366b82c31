"""What happened with one reader, in order: consents, mails and their fate, what staff did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from newsletter.models import Complaint, Delivery, Subscription

MOST_MAILS = 200
"""The latest; the others are in the person's export."""


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    kind: str
    """One word, for its pill: consent, mail, note or staff."""
    what: str
    detail: str = ""
    by: str = ""
    state: str = ""
    """Of a mail."""


def of_reader(subscription: Subscription, *others: Event) -> list[Event]:
    """Return the events of a subscription, the latest first; a handful of queries by indexes."""
    return sorted(
        [*_consents(subscription), *_mails(subscription), *_by_staff(subscription), *others],
        key=lambda event: event.at,
        reverse=True,
    )


def _consents(subscription: Subscription) -> Iterator[Event]:
    for consent in subscription.consents.all():
        place = f"on {consent.page}" if consent.page else ""
        words = f"“{consent.wording}”" if consent.wording else ""
        device = " ".join(filter(None, [consent.ip_address, consent.user_agent]))
        yield Event(
            consent.at,
            "consent",
            consent.get_act_display().replace("_", " ").capitalize(),
            "; ".join(filter(None, [words, place, device])),
        )


def _mails(subscription: Subscription) -> Iterator[Event]:
    """The ledger is asked issue by issue, as it is indexed, and by the kinds of single mails."""
    own = Delivery.objects.filter(subscription=subscription).select_related("issue")
    issues = subscription.newsletter.issues.filter(published_at__isnull=False)
    latest = list(issues.order_by("-published_at").values_list("pk", flat=True)[:MOST_MAILS])
    mails = [*own.filter(issue__in=latest), *own.filter(kind="confirmation")]
    mails += [*own.filter(kind="reminder"), *own.filter(Q(kind__in=["access", "address"]))]
    complained = set(
        Complaint.objects.filter(delivery__in=[mail.pk for mail in mails]).values_list(
            "delivery", flat=True
        )
    )
    for mail in mails:
        what = mail.issue.subject if mail.issue else mail.get_kind_display().capitalize()
        attempts = f"{mail.attempts} attempts" if mail.attempts > 1 else ""
        spam = "called spam" if mail.pk in complained else ""
        detail = ", ".join(filter(None, [mail.error_code, attempts, spam]))
        yield Event(mail.finished_at or mail.created_at, "mail", what, detail, state=mail.state)


def _by_staff(subscription: Subscription) -> Iterator[Event]:
    for note in subscription.notes.all():
        yield Event(note.at, "note", note.text, by=note.by)
    for change in subscription.changes.all():
        yield Event(change.at, "staff", change.get_act_display(), change.detail, change.by)
