"""Rows of the ledger as the tests of the delivery want them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from newsletter.models import Delivery, Issue, Subscription
from tests.factories import make_delivery


def due(subscription: Subscription | None, issue: Issue | None = None, **fields: Any) -> Delivery:
    """Store a mail that was due a moment ago: the clock stands still in a test's transaction."""
    fields.setdefault("next_at", timezone.now() - timedelta(seconds=1))
    return make_delivery(subscription, issue, **fields)
