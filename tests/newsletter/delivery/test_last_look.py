"""Right before a mail leaves, the worker looks once more at its reader."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from newsletter import privacy
from newsletter.delivery.ledger import SINGLE_MAILS
from newsletter.models import Delivery, Subscription
from tests.factories import make_subscription
from tests.newsletter.delivery.rows import due

NEW = "new@example.org"


def outcome(ledger, mail, *, meanwhile=lambda: None):
    """Claim a mail, let something happen, and mark it; return its state, reason and address."""
    token = uuid4()
    stream = mail.issue_id if mail.kind == "issue" else SINGLE_MAILS
    claimed = ledger.claim(stream, token, 10)
    assert claimed == [mail.pk]
    meanwhile()
    openings = ledger.advance(token, [], claimed, "smtp://x")
    row = Delivery.objects.get()
    return row.state, row.error_code, [opening.email for opening in openings]


@pytest.mark.parametrize(
    ("kind", "status", "state"),
    [
        ("reminder", "pending_confirmation", "sending"),
        ("reminder", "confirmed", "skipped"),
        ("reminder", "unsubscribed", "skipped"),
        ("access", "pending_confirmation", "sending"),
        ("access", "confirmed", "sending"),
        ("access", "unsubscribed", "sending"),
        ("access", "bounced", "skipped"),
        ("access", "complained", "skipped"),
        ("address", "confirmed", "sending"),
        ("address", "complained", "skipped"),
    ],
)
def test_each_kind_has_its_readers(ledger, kind, status, state):
    reader = make_subscription(status=status)
    recipient = NEW if kind == "address" else ""
    mail = due(reader, kind=kind, recipient=recipient)
    address = NEW if kind == "address" else reader.email
    reason = "" if state == "sending" else status
    assert outcome(ledger, mail) == (state, reason, [address] if state == "sending" else [])


@pytest.mark.parametrize(("hours", "state"), [(1, "skipped"), (-1, "sending")])
def test_who_rests_gets_no_issue(ledger, issue, hours, state):
    reader = make_subscription(paused_until=timezone.now() + timedelta(hours=hours))
    found, reason, _ = outcome(ledger, due(reader, issue))
    assert (found, reason) == (state, "paused" if state == "skipped" else "")


def test_who_rests_since_a_moment_ago_gets_none_either(ledger, issue):
    mail = due(make_subscription(), issue)
    until = timezone.now() + timedelta(days=14)
    state = outcome(ledger, mail, meanwhile=lambda: Subscription.objects.update(paused_until=until))
    assert state == ("skipped", "paused", [])


def test_who_rests_can_still_have_his_link(ledger):
    reader = make_subscription(paused_until=timezone.now() + timedelta(days=1))
    assert outcome(ledger, due(reader, kind="access"))[0] == "sending"


@pytest.mark.parametrize("kind", ["confirmation", "reminder", "access", "address", "issue"])
def test_who_is_erased_meanwhile_gets_nothing(ledger, issue, kind):
    reader = make_subscription()
    mail = due(reader, issue) if kind == "issue" else due(reader, kind=kind)
    state = outcome(
        ledger, mail, meanwhile=lambda: privacy.erase_person(email="ursula@example.org")
    )
    assert state == ("skipped", "erased", [])
