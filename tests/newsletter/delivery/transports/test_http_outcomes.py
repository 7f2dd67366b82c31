import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import pytest

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports import open_transport
from newsletter.delivery.transports.anymail import AnymailTransport, Patience
from tests.newsletter.delivery.transports.http_provider import Answer, hang_up
from tests.newsletter.delivery.transports.mails import YES, mail, open_at, send


@pytest.mark.parametrize(
    ("answer", "verdict", "code", "counts"),
    [
        (Answer(401), Verdict.RELEASED, "http_401", True),
        (Answer(403), Verdict.RELEASED, "http_403", True),
        (Answer(404), Verdict.RELEASED, "http_404", True),
        (Answer(302, headers={"Location": "/elsewhere"}), Verdict.RELEASED, "wrong_address", True),
        (Answer(400), Verdict.FAILED, "http_400", True),
        (Answer(413), Verdict.FAILED, "http_413", True),
        (Answer(422, '{"ErrorCode": 405, "Message": "x"}'), Verdict.FAILED, "http_422", True),
        (
            Answer(
                422,
                '{"ErrorCode": 406, "Message": "Found inactive addresses: '
                'ursula@example.org. Inactive recipients are"}',
            ),
            Verdict.FAILED,
            "recipient_refused",
            False,
        ),
        (Answer(500), Verdict.UNKNOWN, "http_500", True),
        (Answer(502, "<html>"), Verdict.UNKNOWN, "http_502", True),
        (Answer(503), Verdict.UNKNOWN, "http_503", True),
        (Answer(504), Verdict.UNKNOWN, "http_504", True),
        (Answer(after=hang_up), Verdict.UNKNOWN, "connection_lost", True),
        (Answer(200, "garbage"), Verdict.SENT, "", False),
        (Answer(200, ""), Verdict.SENT, "", False),
    ],
)
def test_an_answer_is_judged(provider, transport, answer, verdict, code, counts):
    provider.answers = [answer]
    (outcome,) = send(transport)
    assert (outcome.verdict, outcome.code, outcome.provider_failed) == (verdict, code, counts)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("7", 7), ("0", 1), ("999999", 3600), ("soon", 30), ("9" * 400, 3600), ("-5", 30)],
)
def test_retry_after_holds_everybody_back(provider, transport, status, retry_after, seconds):
    provider.answers = [Answer(status, headers={"Retry-After": retry_after})]
    first, second = send(transport, mail(), mail())
    assert first.verdict is second.verdict is Verdict.RELEASED
    assert (first.hold, first.provider_failed) == (seconds, False)
    assert len(provider.requests) == 1


def test_retry_after_may_be_a_date_or_be_missing(provider, transport):
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    provider.answers = [Answer(429, headers={"Retry-After": in_a_minute}), Answer(429)]
    assert 55 < send(transport)[0].hold <= 60
    assert send(transport)[0].hold == 30


def test_a_fault_of_the_provider_ends_the_group(provider, one_by_one):
    provider.answers = [YES["mailtrap"], Answer(500), YES["mailtrap"]]
    verdicts = [outcome.verdict for outcome in send(one_by_one, mail(), mail(), mail(), mail())]
    assert verdicts == [Verdict.SENT, Verdict.UNKNOWN, Verdict.RELEASED, Verdict.RELEASED]
    assert len(provider.requests) == 2


def test_a_refused_connection_leaves_nothing_in_doubt(free_port):
    opened = open_transport(urlsplit(f"postmark://KEY?api_url=http://127.0.0.1:{free_port}/"))
    first, second = send(opened, mail(), mail())
    assert (first.verdict, first.code) == (Verdict.RELEASED, "connection_failed")
    assert first.provider_failed
    assert second.verdict is Verdict.RELEASED


def test_a_name_that_leads_nowhere_leaves_nothing_in_doubt():
    opened = open_transport(urlsplit("postmark://KEY?api_url=http://nowhere.invalid/"))
    (outcome,) = send(opened)
    assert (outcome.verdict, outcome.code) == (Verdict.RELEASED, "name_not_resolved")
    assert outcome.provider_failed


@pytest.mark.parametrize("greeting", [b"", b"no TLS at all\r\n"])
def test_a_broken_handshake_leaves_nothing_in_doubt(greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def break_off():
            connection, _ = listener.accept()
            connection.sendall(greeting)
            connection.recv(1000)
            connection.close()

        thread = threading.Thread(target=break_off)
        thread.start()
        port = listener.getsockname()[1]
        opened = open_transport(urlsplit(f"postmark://KEY?api_url=https://127.0.0.1:{port}/"))
        (outcome,) = send(opened)
        thread.join()
    assert (outcome.verdict, outcome.provider_failed) == (Verdict.RELEASED, True)
    assert outcome.code in {"tls_failed", "connection_lost"}


def test_a_handshake_and_an_answer_that_do_not_come_are_told_apart(provider):
    patience = Patience(connect=0.2, answer=0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = urlsplit(f"postmark://KEY?api_url=https://127.0.0.1:{port}/")
        opened = AnymailTransport(url, patience)
        (handshake,) = send(opened)
    opened.close()
    provider.answers = [Answer(after=lambda _: time.sleep(0.5))]
    opened = open_at(provider, "postmark", patience)
    (answer,) = send(opened)
    opened.close()
    assert (handshake.verdict, handshake.code) == (Verdict.RELEASED, "timed_out")
    assert (answer.verdict, answer.code) == (Verdict.UNKNOWN, "no_answer")


def test_mailgun_greeting_a_wrong_path_is_no_acceptance(provider):
    provider.answers = [Answer(200, "Mailgun Magnificent API")]
    opened = open_at(provider, "mailgun")
    (outcome,) = send(opened)
    opened.close()
    assert (outcome.verdict, outcome.provider_failed) == (Verdict.RELEASED, True)


def test_an_id_that_the_ledger_cannot_hold_is_cut_or_left(provider, transport):
    body = {"To": "ursula@example.org", "ErrorCode": 0, "Message": "OK"}
    provider.answers = [
        Answer(200, json.dumps({**body, "MessageID": "x" * 1000})),
        Answer(200, json.dumps({**body, "MessageID": "a\0b"})),
    ]
    assert send(transport)[0].provider_id == "x" * 255
    assert send(transport)[0].provider_id == ""


@pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid")
@pytest.mark.parametrize("scheme", sorted(YES))
def test_a_yes_in_other_words_is_a_yes(provider, scheme):
    opened = open_at(provider, scheme)
    for body in (
        "5",
        "null",
        "[]",
        "[3]",
        "[" * 100_000,
        '{"id": 3}',
        '{"Messages": 3}',
        '{"results": []}',
    ):
        provider.answers = [Answer(200, body)]
        assert send(opened)[0].verdict is Verdict.SENT
    opened.close()
