"""What a sender does for all while the provider is away, busy or broken."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Delivery, Provider
from tests.newsletter.delivery.rows import PROVIDER, let_waits_pass, outcomes
from tests.newsletter.delivery.transports.smtp_server import HANG_UP, ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)


def drain(sender):
    while sender.step():
        pass


def provider():
    return Provider.objects.get(name=PROVIDER)


def open_circuit():
    now = timezone.now()
    Provider.objects.create(name=PROVIDER, failures=10, opened_at=now, probe_at=now)


def test_421_holds_every_sender_until_its_time(promise, sender_to):
    promise(3)
    with ScriptedServer({"MAIL": [b"421 4.3.2 Closing\r\n"]}) as server:
        first, second = sender_to(server.port), sender_to(server.port)
        first.step()
        Delivery.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        assert not first.step()
        assert not second.step()
        assert server.connections == 1
        let_waits_pass()
        drain(second)
    assert outcomes() == {("sent", 1)}


def test_the_log_says_why_everybody_waits(promise, sender_to, caplog):
    promise()
    with ScriptedServer({"BANNER": b"421 4.7.0 Error: too many connections\r\n"}) as server:
        sender_to(server.port).step()
    held = [record.msg for record in caplog.records if "delivery.held_back" in str(record.msg)]
    assert [(line["code"], line["seconds"]) for line in held] == [("421", 30.0)]


def test_a_refused_port_opens_the_circuit_and_one_probe_closes_it(promise, sender_to, free_port):
    promise(20)
    away = sender_to(free_port)
    for _ in range(10):
        assert away.step()
        let_waits_pass()
    assert provider().opened_at is not None
    assert outcomes() == {("pending", 0)}

    with ScriptedServer() as server:
        back = sender_to(server.port)
        Provider.objects.update(probe_at=timezone.now() + timedelta(minutes=1))
        assert not back.step()
        Provider.objects.update(probe_at=timezone.now())
        assert back.step()
        assert len(server.mails) == 1
        assert provider().opened_at is None
        drain(back)
    assert outcomes() == {("sent", 1)}


def test_a_probe_that_fails_spoils_one_mail_at_most(promise, sender_to):
    promise(20)
    open_circuit()
    with ScriptedServer({"DOT": HANG_UP}) as server:
        sender = sender_to(server.port)
        assert sender.step()
        assert not sender.step()
    assert Delivery.objects.filter(state="unknown").count() == 1
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 19
    assert provider().failures == 11


def test_a_probe_is_not_used_up_while_nothing_is_due(sender_to, free_port):
    open_circuit()
    before = provider().probe_at
    assert not sender_to(free_port).step()
    assert provider().probe_at == before


def test_a_provider_that_hangs_up_after_each_dot_spoils_some_mails_and_not_an_issue(
    promise, sender_to
):
    promise(40)
    with ScriptedServer({"DOT": HANG_UP}) as server:
        sender = sender_to(server.port)
        while sender.step():
            Delivery.objects.filter(state="pending").update(next_at=timezone.now())
    assert Delivery.objects.filter(state="unknown").count() == 10
    assert Delivery.objects.filter(state="pending").count() == 30
