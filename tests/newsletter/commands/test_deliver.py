import signal
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from newsletter import publishing
from newsletter.models import Delivery, Issue, Worker
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.delivery.transports.smtp_server import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def handlers():
    """The command takes the signals of its process, which here is the tests'."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def mail_to(settings):
    def mail_to(port):
        settings.EMAIL_URL = urlsplit(f"smtp://127.0.0.1:{port}")

    return mail_to


def drain():
    call_command("deliver", "--drain")
    connection.ensure_connection()


def test_drain_expands_sends_and_ends_an_issue(mail_to):
    for number in range(50):
        make_subscription(f"reader{number}@example.org")
    issue = make_issue()
    publishing.publish(issue_id=issue.pk)
    with ScriptedServer() as server:
        mail_to(server.port)
        drain()
    assert len(server.mails) == 50
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    issue.refresh_from_db()
    assert issue.state == Issue.State.SENT


def test_drain_without_work_ends_at_once_and_leaves_no_worker_behind(mail_to, free_port):
    mail_to(free_port)
    drain()
    assert not Worker.objects.exists()


def test_drain_says_what_it_could_not_send_and_why(mail_to, free_port):
    make_delivery(make_subscription(status="pending_confirmation"))
    mail_to(free_port)
    with pytest.raises(CommandError, match=r"1 due mails were not sent: connection_refused\."):
        drain()
    assert Delivery.objects.get().state == "pending"


def test_drain_leaves_a_paused_issue_alone(mail_to):
    make_delivery(make_subscription(), make_issue(state="paused"))
    with ScriptedServer() as server:
        mail_to(server.port)
        with pytest.raises(CommandError, match="1 due mails"):
            drain()
    assert server.mails == []


def test_drain_gives_up_when_its_housekeeping_fails(mail_to, free_port):
    mail_to(free_port)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_worker ADD CONSTRAINT full_up CHECK (pid < 0)")
    try:
        with pytest.raises(CommandError, match="a step failed: see the log"):
            drain()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE newsletter_worker DROP CONSTRAINT full_up")


def test_there_is_at_least_one_process():
    with pytest.raises(CommandError, match="--processes must be at least 1"):
        call_command("deliver", "--processes", "0")
