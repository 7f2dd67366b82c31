"""What an operator says of a restored copy of the database, before it sends anything.

The copy knows of no mail that the original sent after it was made. What a worker held at that
moment has left since, or has not: it is in doubt, and the policy of its kind decides (README,
"unknown"). What was pending may have left as well, so issues are paused until somebody has looked.
"""

from dataclasses import dataclass

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from newsletter.models import Delivery, Installation, Issue

State = Delivery.State
_HELD = (State.CLAIMED, State.SENDING)
_WAITS = {"state": State.PENDING, "next_at": Now(), "lease_until": None, "finished_at": None}

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is open in the ledger; after `reconcile`, what was found."""

    held: int
    """Mails that a worker had in hand when the copy was made."""
    confirmations_held: int
    """Those among them that ask for a confirmation: they are sent once more."""
    pending_issue_mails: int
    pending_single_mails: int
    issues_in_delivery: int
    issues_overdue: int
    """Scheduled for a time that has passed."""


def survey() -> Survey:
    """Count what is open. Nothing is changed."""
    pending = Delivery.objects.filter(next_at__isnull=False)
    return Survey(
        held=_held().count(),
        confirmations_held=_held().filter(kind=Delivery.Kind.CONFIRMATION).count(),
        pending_issue_mails=pending.filter(kind=Delivery.Kind.ISSUE).count(),
        pending_single_mails=pending.exclude(kind=Delivery.Kind.ISSUE).count(),
        issues_in_delivery=Issue.objects.in_delivery().count(),
        issues_overdue=_overdue().count(),
    )


def reconcile(*, release: bool) -> Survey | None:
    """Let the workers send from this database, in one commit; return what was found.

    Nothing, and nothing is changed, where it is no copy, or somebody else has just done it: what
    workers hold since is theirs.

    What a worker held becomes `unknown`; a confirmation of it is sent once more, as ever. Unless it
    is released, what is pending waits: issues in delivery are paused, and those whose time has
    passed are drafts again. Confirmations go out, for somebody waits for them.
    """
    with transaction.atomic():
        list(Installation.objects.select_for_update())
        if not Installation.objects.is_restored():
            return None
        found = survey()
        _held().update(
            state=State.UNKNOWN, lease_until=None, finished_at=Now(), error_code="restored"
        )
        _in_doubt().filter(kind=Delivery.Kind.CONFIRMATION, resends=0).update(
            **_WAITS, resends=F("resends") + 1, claim_token=None, error_code=""
        )
        if not release:
            Issue.objects.in_delivery().update(state=Issue.State.PAUSED)
            _overdue().update(state=Issue.State.DRAFT, publish_at=None)
        Installation.objects.settle()
    logger.warning("reconciling.settled", in_doubt=found.held, released=release)
    return found


def mark_restored() -> None:
    """Stop all sending from this database until it is reconciled, where nothing else shows it."""
    with transaction.atomic():
        Installation.objects.settle()
        Installation.objects.update(is_restored=True)
    logger.warning("reconciling.marked_restored")


def _held() -> QuerySet[Delivery]:
    return Delivery.objects.filter(lease_until__isnull=False, state__in=_HELD)


def _in_doubt() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=State.UNKNOWN, error_code="restored")


def _overdue() -> QuerySet[Issue]:
    return Issue.objects.filter(state=Issue.State.SCHEDULED, publish_at__lte=Now())
