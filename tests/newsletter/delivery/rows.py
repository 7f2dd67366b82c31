"""Rows of the ledger as the tests of the delivery want them."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from newsletter.models import Delivery, Issue, Provider, Subscription
from tests.factories import make_delivery

PROVIDER = "smtp://test"


def due(subscription: Subscription | None, issue: Issue | None = None, **fields: Any) -> Delivery:
    """Store a mail that was due a moment ago: the clock stands still in a test's transaction."""
    fields.setdefault("next_at", timezone.now() - timedelta(seconds=1))
    return make_delivery(subscription, issue, **fields)


def outcomes() -> set[tuple[str, int]]:
    """Return the pairs of state and attempts that occur in the ledger."""
    return set(Delivery.objects.values_list("state", "attempts"))


def let_waits_pass() -> None:
    """Move time: retries are due, a hold is over, and the circuit may be probed."""
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(next_at__isnull=False).update(next_at=past)
    Provider.objects.update(hold_until=past, probe_at=F("probe_at") - timedelta(hours=1))
