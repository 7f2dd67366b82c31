"""Claim, advance and release: each verb of the queue, one after another."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from newsletter.delivery.ledger import LEASE, SINGLE_MAILS, Record
from newsletter.models import Delivery, Issue, Provider, Subscription
from tests.factories import make_issue, make_subscription
from tests.newsletter.delivery.rows import due

State = Delivery.State


@pytest.fixture
def held(ledger, issue, promise):
    """Claim three mails; return their token and ids."""
    promise(3)
    token = uuid4()
    return token, ledger.claim(issue.pk, token, 10)


def only(**fields):
    return Delivery.objects.get(**fields)


def test_due_streams_name_single_mails_first_and_then_the_oldest_issue(ledger, promise, issue):
    promise()
    older = make_issue("Older", state="expanding", published_at=timezone.now() - timedelta(days=1))
    reader = make_subscription()
    due(reader, older)
    due(reader)
    Issue.objects.filter(pk=issue.pk).update(published_at=timezone.now())
    assert ledger.due_streams() == [SINGLE_MAILS, older.pk, issue.pk]


@pytest.mark.parametrize("state", ["draft", "scheduled", "paused", "sent", "cancelled"])
def test_an_issue_that_is_not_in_delivery_is_no_stream(ledger, promise, issue, state):
    promise()
    Issue.objects.update(state=state)
    assert ledger.due_streams() == []


def test_what_is_not_due_yet_is_not_claimed(ledger, promise, issue):
    promise(next_at=timezone.now() + timedelta(minutes=1))
    assert ledger.due_streams() == []
    assert ledger.claim(issue.pk, uuid4(), 10) == []


def test_a_claim_takes_the_longest_due_first_and_not_more_than_asked(ledger, promise, issue):
    rows = promise(3)
    for row, minutes in zip(rows, (1, 3, 2), strict=True):
        since = timezone.now() - timedelta(minutes=minutes)
        Delivery.objects.filter(pk=row.pk).update(next_at=since)
    token = uuid4()
    assert set(ledger.claim(issue.pk, token, 2)) == {rows[1].pk, rows[2].pk}
    claimed = only(pk=rows[1].pk)
    assert (claimed.state, claimed.claim_token, claimed.attempts) == (State.CLAIMED, token, 0)
    assert timedelta(0) < claimed.lease_until - timezone.now() <= LEASE


def test_an_issue_and_single_mails_are_claimed_apart(ledger, promise, issue):
    [mail] = promise()
    confirmation = due(make_subscription(status="pending_confirmation"))
    assert ledger.claim(SINGLE_MAILS, uuid4(), 10) == [confirmation.pk]
    assert ledger.claim(issue.pk, uuid4(), 10) == [mail.pk]


def test_marking_opens_a_mail_and_counts_the_attempt(ledger, held):
    token, ids = held
    openings = ledger.advance(token, [], ids[:2], "smtp://x")
    assert {opening.id for opening in openings} == set(ids[:2])
    opening = openings[0]
    row = only(pk=opening.id)
    assert (row.state, row.attempts, opening.attempts) == (State.SENDING, 1, 1)
    assert row.sending_at is not None
    assert opening.email == row.subscription.email
    assert only(pk=ids[2]).state == State.CLAIMED


def test_outcomes_and_the_next_group_are_one_step(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    records = [Record(ids[0], "sent", provider_id="4Bx9")]
    [opening] = ledger.advance(token, records, ids[1:2], "")
    sent = only(pk=ids[0])
    assert (sent.state, sent.provider_id, sent.lease_until) == (State.SENT, "4Bx9", None)
    assert sent.finished_at is not None
    assert opening.id == ids[1]


def test_a_retry_is_due_after_its_wait(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    wait = timedelta(minutes=5)
    ledger.advance(token, [Record(ids[0], "pending", "450", wait=wait)], [], "")
    row = only(pk=ids[0])
    assert (row.state, row.error_code, row.attempts) == (State.PENDING, "450", 1)
    assert timedelta(minutes=4) < row.next_at - timezone.now() <= wait
    assert row.finished_at is None


def test_a_release_refunds_the_attempt(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:2], "")
    released = Record(ids[0], "pending", "421", wait=timedelta(0), refund=1)
    ledger.advance(token, [released], [], "")
    ledger.release(token, ids[1:])
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.PENDING, 0)}


def test_advance_may_be_repeated_when_its_answer_was_lost(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    step = (token, [Record(ids[0], "sent")], ids[1:], "")
    assert sorted(ledger.advance(*step)) == sorted(ledger.advance(*step))
    assert sorted(Delivery.objects.values_list("state", "attempts")) == [
        (State.SENDING, 1),
        (State.SENDING, 1),
        (State.SENT, 1),
    ]


def test_a_retry_that_is_recorded_twice_waits_once_and_counts_once(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    step = (token, [Record(ids[0], "pending", "450", wait=timedelta(hours=1), refund=1)], [], "")
    ledger.advance(*step)
    first = only(pk=ids[0])
    ledger.advance(*step)
    again = only(pk=ids[0])
    assert (again.next_at, again.attempts) == (first.next_at, 0)


def test_a_stale_token_writes_nothing(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    before = list(Delivery.objects.order_by("pk").values())
    stale = uuid4()
    assert ledger.advance(stale, [Record(ids[0], "sent")], ids, "") == []
    ledger.release(stale, ids)
    assert not ledger.renew(stale, ids)
    assert list(Delivery.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_who_left_after_the_publication_gets_nothing(ledger, held, status):
    token, ids = held
    Subscription.objects.filter(deliveries=ids[0]).update(status=status)
    openings = ledger.advance(token, [], ids[:2], "")
    assert [opening.id for opening in openings] == [ids[1]]
    row = only(pk=ids[0])
    assert (row.state, row.error_code, row.attempts) == (State.SKIPPED, status, 0)
    assert row.finished_at is not None


def test_who_was_erased_gets_nothing(ledger, held):
    token, ids = held
    Subscription.objects.all().delete()
    assert ledger.advance(token, [], ids, "") == []
    assert set(Delivery.objects.values_list("state", "error_code")) == {("skipped", "erased")}


def test_a_cancelled_issue_is_skipped(ledger, held):
    token, ids = held
    Issue.objects.update(state="cancelled")
    assert ledger.advance(token, [], ids, "") == []
    assert set(Delivery.objects.values_list("state", "error_code")) == {("skipped", "cancelled")}


def test_a_paused_issue_waits(ledger, held):
    token, ids = held
    Issue.objects.update(state="paused")
    assert ledger.advance(token, [], ids, "") == []
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.PENDING, 0)}


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("pending_confirmation", "sending", ""),
        ("unsubscribed", "sending", ""),
        ("confirmed", "skipped", "confirmed"),
        ("bounced", "skipped", "bounced"),
        ("complained", "skipped", "complained"),
    ],
)
def test_a_confirmation_goes_to_who_could_confirm(ledger, status, state, code):
    mail = due(make_subscription(status=status))
    token = uuid4()
    ledger.claim(SINGLE_MAILS, token, 1)
    openings = ledger.advance(token, [], [mail.pk], "")
    assert len(openings) == (state == "sending")
    mail.refresh_from_db()
    assert (mail.state, mail.error_code) == (state, code)


def test_a_test_mail_goes_to_its_recipient_whatever_the_issue_is(ledger):
    draft = make_issue()
    mail = due(None, draft, kind="test", recipient="editor@example.org")
    token = uuid4()
    ledger.claim(SINGLE_MAILS, token, 1)
    [opening] = ledger.advance(token, [], [mail.pk], "")
    assert (opening.email, opening.issue_id) == ("editor@example.org", draft.pk)
    assert opening.newsletter_id == draft.newsletter_id


@pytest.mark.parametrize(
    "shut",
    [
        {"hold_until": timezone.now() + timedelta(days=1)},
        {"opened_at": timezone.now() - timedelta(minutes=1)},
    ],
)
def test_nothing_starts_while_the_gate_is_shut_and_outcomes_are_recorded(ledger, held, shut):
    Provider.objects.create(name="smtp://x", **shut)
    token, ids = held
    ledger.advance(token, [], ids[:1], "smtp://other")
    assert ledger.advance(token, [Record(ids[0], "sent")], ids[1:], "smtp://x") == []
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["claimed"] * 2 + ["sent"]
    assert ledger.advance(token, [], ids[1:2], "")  # a probe goes through


def test_a_lease_is_renewed_while_anything_is_held(ledger, held):
    token, ids = held
    ledger.advance(token, [], ids[:1], "")
    ledger.advance(token, [Record(ids[0], "sent")], [], "")
    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    assert ledger.renew(token, ids)
    assert only(pk=ids[0]).lease_until is None
    assert only(pk=ids[1]).lease_until > timezone.now() + LEASE / 2
    ledger.release(token, ids)
    assert not ledger.renew(token, ids)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "pending", "next_at": None},
        {"state": "sent"},
        {"state": "claimed", "next_at": None},
        {"state": "sending", "next_at": None},
        {"lease_until": timezone.now()},
        {"state": "lost", "next_at": None},
        {"attempts": -1},
    ],
)
def test_the_database_refuses_a_row_that_contradicts_itself(promise, wrong):
    promise()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.update(**wrong)


def test_the_database_refuses_a_second_row_for_a_reader_of_an_issue(promise, issue):
    [mail] = promise()
    with pytest.raises(IntegrityError), transaction.atomic():
        due(mail.subscription, issue)
