from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from newsletter import bouncing
from newsletter.delivery.ledger import Ledger, Record
from newsletter.models import Delivery, Subscription, Suppression
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db

HELD = ("claimed", "sending")


def reader_with_mail(state, *, begun=True, **fields):
    reader = make_subscription()
    now = timezone.now()
    fields["next_at"] = now if state == "pending" else None
    fields["lease_until"] = now + timedelta(seconds=30) if state in HELD else None
    fields["sending_at"] = now if begun else None
    mail = make_delivery(reader, make_issue(state="sending"), state=state, **fields)
    return reader, mail


def bounce(mail, code="bounced 5.1.1", *, gone=True):
    bouncing.bounced(delivery_id=mail.pk, code=code, mailbox_is_gone=gone)


@pytest.mark.parametrize("state", ["unknown", "sending", "claimed", "pending"])
def test_whoever_tells_of_a_mail_has_had_it(state):
    _, mail = reader_with_mail(state, error_code="no_answer")
    bouncing.accepted(delivery_id=mail.pk)
    mail.refresh_from_db()
    assert (mail.state, mail.error_code, mail.next_at, mail.lease_until) == ("sent", "", None, None)
    assert mail.finished_at is not None


@pytest.mark.parametrize(
    ("state", "begun"),
    [("pending", False), ("claimed", False), ("failed", True), ("skipped", True), ("sent", True)],
)
def test_a_mail_that_never_left_or_has_ended_is_not_touched(state, begun):
    _, mail = reader_with_mail(state, begun=begun, error_code="x")
    bouncing.accepted(delivery_id=mail.pk)
    before = (mail.state, mail.error_code, mail.finished_at)
    mail.refresh_from_db()
    assert (mail.state, mail.error_code, mail.finished_at) == before


@pytest.mark.parametrize("state", ["sent", "unknown", "sending", "claimed", "pending"])
def test_a_hard_bounce_fails_the_mail_and_suppresses_the_address(state):
    reader, mail = reader_with_mail(state)
    bounce(mail)
    mail.refresh_from_db()
    reader.refresh_from_db()
    assert (mail.state, mail.error_code) == ("failed", "bounced 5.1.1")
    assert reader.status == Subscription.Status.BOUNCED
    assert Suppression.objects.of_address(reader.email).get().reason == "bounced"


def test_a_policy_rejection_fails_the_mail_and_leaves_the_reader():
    reader, mail = reader_with_mail("sent")
    bounce(mail, "bounced 5.7.1", gone=False)
    mail.refresh_from_db()
    reader.refresh_from_db()
    assert (mail.state, reader.status) == ("failed", "confirmed")
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("bounced_first", [True, False])
def test_a_bounce_is_final_whatever_comes_when(bounced_first):
    _, mail = reader_with_mail("unknown")
    acts = [bounce, lambda mail: bouncing.accepted(delivery_id=mail.pk)]
    for act in acts if bounced_first else reversed(acts):
        act(mail)
    mail.refresh_from_db()
    assert (mail.state, mail.error_code) == ("failed", "bounced 5.1.1")


def test_a_replayed_bounce_does_not_undo_that_the_address_was_let_in_again():
    reader, mail = reader_with_mail("sent")
    bounce(mail)
    Suppression.objects.all().delete()
    Subscription.objects.update(status="confirmed")
    for _ in range(10):
        bounce(mail)
    reader.refresh_from_db()
    assert reader.status == "confirmed"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("state", ["sent", "failed", "unknown", "pending"])
def test_the_workers_late_record_leaves_what_was_reported(state, transactional_db):
    """The provider was faster than our own commit; the worker's word comes after it."""
    token = uuid4()
    _, mail = reader_with_mail("sending", claim_token=token)
    bouncing.accepted(delivery_id=mail.pk)
    record = Record(mail.pk, state, "late", wait=timedelta() if state == "pending" else None)
    Ledger(connection.connection).advance(token, [record], [], "")
    Ledger(connection.connection).release(token, [mail.pk])
    mail.refresh_from_db()
    assert (mail.state, mail.error_code) == ("sent", "")


def test_a_mail_that_was_accepted_is_not_sent_once_more(transactional_db):
    token = uuid4()
    _, mail = reader_with_mail("claimed", claim_token=token, resends=1)
    bouncing.accepted(delivery_id=mail.pk)
    assert Ledger(connection.connection).advance(token, [], [mail.pk], "") == []


def test_a_complaint_withdraws_every_consent_of_the_address():
    reader, mail = reader_with_mail("unknown")
    other = default_newsletter()
    other.pk, other.slug = None, "other"
    other.save()
    twin = make_subscription("URSULA@example.org", newsletter=other)
    for _ in range(10):
        bouncing.complained(delivery_id=mail.pk)
    mail.refresh_from_db()
    assert mail.state == "sent"
    for subscription in (reader, twin):
        subscription.refresh_from_db()
        assert subscription.status == Subscription.Status.COMPLAINED
        assert [consent.act for consent in subscription.consents.all()] == ["withdrew"]
    assert Suppression.objects.get().reason == "complained"


def test_a_complaint_of_one_who_had_left_suppresses_him():
    reader, mail = reader_with_mail("sent")
    Subscription.objects.update(status="unsubscribed")
    bouncing.complained(delivery_id=mail.pk)
    reader.refresh_from_db()
    assert reader.status == "unsubscribed"
    assert Suppression.objects.of_address(reader.email).exists()
    assert not reader.consents.exists()


def test_who_unsubscribes_at_the_provider_has_left():
    reader, mail = reader_with_mail("sent")
    for _ in range(10):
        bouncing.unsubscribed(delivery_id=mail.pk)
    reader.refresh_from_db()
    assert reader.status == Subscription.Status.UNSUBSCRIBED
    assert reader.consents.count() == 1
    assert not Suppression.objects.exists()


def test_reports_of_no_mail_or_of_nobodys_are_harmless():
    issue = make_issue()
    test = Delivery.objects.create(
        kind="test", issue=issue, recipient="ed@example.org", state="sent", next_at=None
    )
    for delivery_id in (uuid4(), test.pk):
        bouncing.accepted(delivery_id=delivery_id)
        bouncing.complained(delivery_id=delivery_id)
        bouncing.unsubscribed(delivery_id=delivery_id)
        bouncing.bounced(delivery_id=delivery_id, code="x" * 100, mailbox_is_gone=True)
    test.refresh_from_db()
    assert (test.state, test.error_code) == ("failed", "x" * 64)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5.1.1", "5.1.1"),
        ("550 5.1.1 <ursula@example.org>: unknown", "5.1.1"),
        ("550-5.7.26 not authenticated", "5.7.26"),
        ("smtp; 550 #5.1.10 null MX", "5.1.10"),
        ("smtp;550 (5.2.2) full", "5.2.2"),
        ("550 blocked, see 5.1.1.7", ""),
        ("550 host 5.1.1 said no", ""),
        ("550 5.1.1.7 is blocked", ""),
        ("", ""),
    ],
)
def test_a_status_code_is_not_an_address(text, code):
    assert bouncing.status_in(text) == code
