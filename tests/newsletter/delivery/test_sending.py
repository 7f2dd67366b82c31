"""Steps of a sender against an SMTP server that says what each story needs."""

import time
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from newsletter.delivery.batches import TURN_SECONDS
from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.retries import RELEASE_DELAY, RESEND_DELAY
from newsletter.delivery.sending import GROUP, Sender
from newsletter.models import Delivery, Issue, Provider, Subscription, Suppression
from tests.factories import make_delivery, make_subscription
from tests.newsletter.delivery.rows import PROVIDER, due, let_waits_pass, outcomes
from tests.newsletter.delivery.transports.smtp_server import HANG_UP, ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)


def drain(sender):
    """Step until nothing is due; return how many steps found work."""
    steps = 0
    while sender.step():
        steps += 1
    return steps


def state_of(mail):
    mail.refresh_from_db()
    return mail.state, mail.attempts, mail.error_code


def test_what_is_due_is_sent_once(promise, sender_to):
    promise(3 * GROUP + 5)
    with ScriptedServer() as server:
        assert drain(sender_to(server.port)) == 1
    assert len(server.mails) == len(set(server.recipients)) == 3 * GROUP + 5
    rows = set(Delivery.objects.values_list("state", "attempts", "provider_id", "error_code"))
    assert rows == {("sent", 1, "4Bx9-1", "")}


def test_without_work_a_step_says_so_and_connects_to_nobody(sender_to, free_port):
    assert not sender_to(free_port).step()
    assert Provider.objects.get(name=PROVIDER).failures == 0


@pytest.mark.parametrize(
    ("script", "state", "attempts", "code"),
    [
        ({"MAIL": b"450 4.7.1 Later\r\n"}, "pending", 1, "450 4.7.1"),
        ({"MAIL": b"550 5.7.1 Not you\r\n"}, "pending", 0, "550 5.7.1"),
        ({"MAIL": HANG_UP}, "pending", 1, "connection_lost"),
        ({"RCPT": b"450 4.2.1 Busy\r\n"}, "pending", 1, "450 4.2.1"),
        ({"RCPT": b"550 5.1.1 Unknown\r\n"}, "failed", 1, "550 5.1.1"),
        ({"RCPT": b"550 5.7.1 Policy\r\n"}, "failed", 1, "550 5.7.1"),
        ({"DATA": b"451 4.3.0 Later\r\n"}, "pending", 1, "451 4.3.0"),
        ({"DOT": b"452 4.3.1 Full\r\n"}, "pending", 1, "452 4.3.1"),
        ({"DOT": b"552 5.3.4 Too big\r\n"}, "failed", 1, "552 5.3.4"),
        ({"DOT": b"421 4.3.2 Closing\r\n"}, "pending", 0, "421 4.3.2"),
        ({"DOT": b"what?\r\n"}, "unknown", 1, "garbled_reply"),
        ({"DOT": HANG_UP}, "unknown", 1, "connection_lost after the dot"),
        ({"BANNER": b"421 Closing\r\n"}, "pending", 0, "421"),
        ({"BANNER": b"554 5.7.1 Not you\r\n"}, "pending", 0, "554 5.7.1"),
        ({"BANNER": HANG_UP}, "pending", 0, "connection_lost"),
    ],
)
def test_each_failure_has_its_state(promise, sender_to, script, state, attempts, code):
    [mail] = promise()
    with ScriptedServer(script) as server:
        assert sender_to(server.port).step()
    assert state_of(mail) == (state, attempts, code)
    assert (mail.next_at is not None) == (state == "pending")
    assert mail.lease_until is None


def test_a_retry_waits_for_its_delay_and_a_release_for_a_moment(promise, sender_to, free_port):
    [mail] = promise()
    with ScriptedServer({"RCPT": b"450 4.2.1 Busy\r\n"}) as server:
        sender_to(server.port).step()
    mail.refresh_from_db()
    assert mail.next_at - timezone.now() <= timedelta(minutes=1)
    let_waits_pass()
    sender_to(free_port).step()
    mail.refresh_from_db()
    assert mail.next_at - timezone.now() <= RELEASE_DELAY
    assert mail.attempts == 1


def test_after_its_last_attempt_a_mail_has_failed(promise, sender_to):
    [mail] = promise(attempts=8)
    with ScriptedServer({"RCPT": b"450 4.2.1 Busy\r\n"}) as server:
        sender_to(server.port).step()
    assert state_of(mail) == ("failed", 9, "450 4.2.1")


def test_a_mailbox_that_is_gone_is_suppressed_and_a_policy_is_not(promise, sender_to):
    promise(2)
    replies = [b"550 5.1.1 Unknown\r\n", b"550 5.7.1 Policy\r\n"]
    with ScriptedServer({"RCPT": replies}) as server:
        sender_to(server.port).step()
    assert outcomes() == {("failed", 1)}
    assert sorted(Subscription.objects.values_list("status", flat=True)) == ["bounced", "confirmed"]
    assert Suppression.objects.count() == 1


def test_a_confirmation_in_doubt_is_sent_once_more(sender_to):
    mail = make_delivery(make_subscription(status="pending_confirmation"))
    with ScriptedServer({"DOT": HANG_UP}) as server:
        sender = sender_to(server.port)
        sender.step()
        mail.refresh_from_db()
        assert (mail.state, mail.resends) == ("pending", 1)
        assert mail.next_at - timezone.now() <= RESEND_DELAY
        let_waits_pass()
        sender.step()
    assert state_of(mail) == ("unknown", 2, "connection_lost after the dot")


def test_an_issue_in_doubt_is_sent_once_more_where_the_operator_says_so(
    promise, sender_to, settings
):
    settings.UNKNOWN_POLICY = "resend"
    [mail] = promise()
    with ScriptedServer({"DOT": [HANG_UP]}) as server:
        sender = sender_to(server.port)
        sender.step()
        let_waits_pass()
        sender.step()
    assert state_of(mail) == ("sent", 2, "")
    assert mail.resends == 1


def test_a_mail_that_cannot_be_written_fails_alone(promise, sender_to):
    bad, *_ = promise(3)
    Subscription.objects.filter(pk=bad.subscription_id).update(email="ü@example.org")
    with ScriptedServer() as server:
        drain(sender_to(server.port))
    assert state_of(bad) == ("failed", 1, "unwritable")
    assert Delivery.objects.filter(state="sent").count() == 2


def test_who_leaves_while_others_are_sent_gets_nothing(promise, sender_to):
    last = promise(GROUP + 1)[-1]

    def leave():
        if server.mails:
            Subscription.objects.filter(pk=last.subscription_id).update(status="unsubscribed")
        return False

    Delivery.objects.filter(pk=last.pk).update(next_at=F("next_at") + timedelta(milliseconds=500))
    with ScriptedServer() as server:
        drain(sender_to(server.port, stopping=leave))
    assert state_of(last) == ("skipped", 0, "unsubscribed")
    assert len(server.mails) == GROUP


def test_a_pause_lets_the_group_in_flight_out_and_nothing_more(promise, sender_to):
    promise(2 * GROUP)

    def pause():
        if server.mails:
            Issue.objects.update(state="paused")
        return False

    with ScriptedServer() as server:
        drain(sender_to(server.port, stopping=pause))
    assert len(server.mails) == GROUP
    assert outcomes() == {("sent", 1), ("pending", 0)}


def test_a_stop_gives_back_what_was_not_begun(promise, sender_to):
    promise(3 * GROUP)
    with ScriptedServer() as server:
        sender_to(server.port, stopping=lambda: len(server.mails) >= GROUP + 3).step()
    assert len(server.mails) == Delivery.objects.filter(state="sent").count() == GROUP + 3
    assert outcomes() == {("sent", 1), ("pending", 0)}


def test_single_mails_go_before_an_issue(promise, sender_to):
    promise(5)
    make_delivery(make_subscription("new@example.org", status="pending_confirmation"))
    with ScriptedServer() as server:
        drain(sender_to(server.port))
    assert server.recipients[0] == "RCPT TO:<new@example.org>"


class OwnTransport:
    """It does what a test says, and then accepts every mail."""

    def __init__(self, act):
        self._act = act

    def send(self, mails, _halted):
        self._act()
        return [Outcome(Verdict.SENT)] * len(mails)

    def close(self):
        pass


def test_a_mistake_of_ours_leaves_its_group_in_doubt_and_gives_the_rest_back(promise):
    promise(GROUP + 4)
    sender = Sender(OwnTransport(lambda: 1 / 0), PROVIDER)
    with pytest.raises(ZeroDivisionError):
        sender.step()
    sender.close()
    assert Delivery.objects.filter(state="sending").count() == GROUP
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 4


def test_a_slow_provider_keeps_no_confirmation_behind_an_issue(promise):
    """Whoever signs up waits for it, while the mails of an issue fill every connection."""
    promise(3 * GROUP)
    waits = iter([TURN_SECONDS, 0.0, 0.0])
    sender = Sender(OwnTransport(lambda: time.sleep(next(waits))), PROVIDER)
    sender.step()
    assert Delivery.objects.filter(state="sent").count() == GROUP
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 2 * GROUP
    sender.step()
    assert Delivery.objects.filter(state="sent").count() < 2 * GROUP
    confirmation = due(make_subscription("new@example.org", status="pending_confirmation"))
    sender.step()
    sender.close()
    assert state_of(confirmation) == ("sent", 1, "")


def test_what_the_provider_took_is_remembered_though_the_connection_is_cut(promise, connect):
    promise(2 * GROUP)
    other = connect()

    def cut():
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    sender = Sender(OwnTransport(cut), PROVIDER)
    assert sender.step()
    sender.close()
    assert outcomes() == {("sent", 1)}
