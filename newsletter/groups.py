"""The mails of an issue that have one state, and perhaps one reason: to look at and to take along.

Each group is found by an index, also in a ledger of millions. What was not sent has its reason,
which is indexed; the state is not, since it changes with every mail (`models.deliveries`).
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from newsletter import reasons
from newsletter.cells import escape
from newsletter.models import Delivery, Issue

State = Delivery.State

SHOWN = 100
"""Mails on a page; the file has them all."""
COLUMNS = ("email", "name", "state", "reason", "in_words", "attempts", "at", "provider_id")


def group(issue: Issue, state: str, reason: str = "") -> QuerySet[Delivery]:
    """Return the mails of an issue in a state, in an order that an index has."""
    mails = issue.deliveries.filter(kind=Delivery.Kind.ISSUE, state=state)
    if reason:
        return mails.filter(error_code=reason).order_by("error_code", "subscription")
    if state in {State.FAILED, State.UNKNOWN}:
        return mails.filter(_HAS_REASON).order_by("error_code", "subscription")
    if state == State.SKIPPED:
        return mails.filter(error_code__gt="").order_by("error_code", "subscription")
    if state == State.PENDING:
        return mails.filter(next_at__isnull=False).order_by("next_at")
    if state in {State.CLAIMED, State.SENDING}:
        return mails.filter(lease_until__isnull=False).order_by("lease_until")
    return mails.order_by("subscription")


# All the mails of a cancelled issue may have the one reason that no failed mail has.
_HAS_REASON = Q(error_code__gt="", error_code__lt="cancelled") | Q(error_code__gt="cancelled")


def shown(issue: Issue, state: str, reason: str = "") -> list[Delivery]:
    """Return the first of a group, with their readers."""
    return list(group(issue, state, reason).select_related("subscription")[:SHOWN])


def rows(issue: Issue, state: str, reason: str = "") -> Iterator[tuple[str, ...]]:
    """Yield a group as rows of a file, the names of the columns first; it is never in memory."""
    yield COLUMNS
    mails = group(issue, state, reason).values_list(
        "subscription__email",
        "subscription__name",
        "state",
        "error_code",
        "attempts",
        "finished_at",
        "next_at",
        "provider_id",
    )
    for email, name, now, code, attempts, finished_at, next_at, provider_id in mails.iterator():
        yield (
            escape(email or "(erased)"),
            escape(name or ""),
            now,
            escape(code),
            reasons.meaning(code),
            str(attempts),
            _iso(finished_at or next_at),
            escape(provider_id),
        )


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
