"""What becomes of mails on every path through an SMTP conversation."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from newsletter.delivery.outcomes import HOLD_FRESH, HOLD_USED, Outcome, Verdict
from newsletter.delivery.transports import Mail, open_transport
from tests.newsletter.delivery.transports.smtp_server import HANG_UP, PIPELINING, ScriptedServer

GONE = b"550 5.1.1 No such user\r\n"
BUSY = b"450 4.2.0 Greylisted\r\n"
CLOSING = b"421 4.3.2 Closing\r\n"
BLOCKED = b"554 5.7.1 Blocked\r\n"
FULL = b"552 5.2.2 Mailbox full\r\n"
NO_RECIPIENT = b"503 5.5.1 No valid recipients\r\n"

ENVELOPES = {"plain": {}, "pipelined": PIPELINING}


def mails(number=1):
    return [
        Mail(
            "news@example.com",
            f"reader{position}@example.org",
            f"Subject: {position}\r\n\r\nHello.\r\n".encode(),
            uuid4(),
        )
        for position in range(number)
    ]


def transport_to(server, scheme="smtp", credentials=""):
    return open_transport(urlsplit(f"{scheme}://{credentials}127.0.0.1:{server.port}"))


def send(server, number=1, halted=lambda: False, transport=None):
    """Send some mails over one transport, and return what became of each."""
    own = transport or transport_to(server)
    try:
        return own.send(mails(number), halted)
    finally:
        if transport is None:
            own.close()


@pytest.fixture(params=ENVELOPES)
def abilities(request):
    """With PIPELINING and without."""
    return ENVELOPES[request.param]


def test_mails_arrive_and_say_what_the_server_calls_them(abilities):
    with ScriptedServer(abilities) as server:
        assert send(server, 3) == [Outcome(Verdict.SENT, provider_id="4Bx9-1")] * 3
    assert server.mails == [mail.content for mail in mails(3)]
    assert server.connections == 1


def test_a_connection_is_kept_from_group_to_group(abilities):
    with ScriptedServer(abilities) as server:
        transport = transport_to(server)
        for _ in range(3):
            send(server, 2, transport=transport)
        transport.close()
    assert (server.connections, len(server.mails), server.verbs["QUIT"]) == (1, 6, 1)


@pytest.mark.parametrize(
    ("at", "reply", "outcome"),
    [
        ("MAIL", BUSY, Outcome(Verdict.RETRY, "450 4.2.0")),
        ("MAIL", BLOCKED, Outcome(Verdict.RELEASED, "554 5.7.1", provider_failed=True)),
        ("RCPT", BUSY, Outcome(Verdict.RETRY, "450 4.2.0")),
        ("RCPT", GONE, Outcome(Verdict.FAILED, "550 5.1.1", mailbox_is_gone=True)),
        ("RCPT", BLOCKED, Outcome(Verdict.FAILED, "554 5.7.1")),
        ("DATA", BUSY, Outcome(Verdict.RETRY, "450 4.2.0")),
        ("DATA", BLOCKED, Outcome(Verdict.FAILED, "554 5.7.1")),
        ("DOT", BUSY, Outcome(Verdict.RETRY, "450 4.2.0")),
        ("DOT", FULL, Outcome(Verdict.FAILED, "552 5.2.2")),
        ("DOT", BLOCKED, Outcome(Verdict.FAILED, "554 5.7.1")),
    ],
)
def test_a_refused_mail_is_judged_alone_and_the_next_is_sent(abilities, at, reply, outcome):
    script = {**abilities, at: [reply]}
    if at == "MAIL" and abilities:
        script |= {"RCPT": [NO_RECIPIENT], "DATA": [NO_RECIPIENT]}
    if at == "RCPT" and abilities:
        script |= {"DATA": [NO_RECIPIENT]}
    with ScriptedServer(script) as server:
        refused, sent = send(server, 2)
    assert refused == outcome
    assert sent.verdict is Verdict.SENT
    assert server.connections == 1
    assert len(server.mails) == (2 if at == "DOT" else 1)


def test_data_that_is_taken_without_a_recipient_is_ended_by_an_empty_mail():
    with ScriptedServer({**PIPELINING, "RCPT": [GONE], "DOT": [BLOCKED]}) as server:
        refused, sent = send(server, 2)
    assert (refused.verdict, sent.verdict) == (Verdict.FAILED, Verdict.SENT)
    assert server.mails[0] == b""


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA", "DOT"])
def test_421_gives_all_mails_back_and_holds_everybody(abilities, at):
    with ScriptedServer({**abilities, at: [CLOSING]}) as server:
        outcomes = send(server, 3)
    assert outcomes[0] == Outcome(Verdict.RELEASED, "421 4.3.2", hold=HOLD_FRESH)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.RELEASED}


def test_421_after_some_mails_holds_shortly(abilities):
    with ScriptedServer({**abilities, "MAIL": [b"250 Fine\r\n", CLOSING]}) as server:
        sent, closed, rest = send(server, 3)
    assert sent.verdict is Verdict.SENT
    assert closed == Outcome(Verdict.RELEASED, "421 4.3.2", hold=HOLD_USED)
    assert rest.verdict is Verdict.RELEASED


@pytest.mark.parametrize(
    ("script", "code", "hold"),
    [
        ({"BANNER": CLOSING}, "421", HOLD_FRESH),
        ({"BANNER": b"554 5.7.1 Not you\r\n"}, "554 5.7.1", 0),
        ({"BANNER": b"hello\r\n"}, "-1", 0),
        ({"BANNER": HANG_UP}, "connection_lost", 0),
        ({"EHLO": HANG_UP}, "connection_lost", 0),
        ({"EHLO": GONE, "HELO": GONE}, "550 5.1.1", 0),
    ],
)
def test_a_server_that_lets_nobody_in_costs_no_attempt(script, code, hold):
    with ScriptedServer(script) as server:
        outcomes = send(server, 2)
    refused = Outcome(Verdict.RELEASED, code, hold=hold, provider_failed=not hold)
    assert outcomes == [refused] * 2


def test_a_closed_port_costs_no_attempt(free_port):
    transport = open_transport(urlsplit(f"smtp://127.0.0.1:{free_port}"))
    [outcome] = transport.send(mails(), lambda: False)
    assert outcome == Outcome(Verdict.RELEASED, "connection_refused", provider_failed=True)


def test_a_name_that_does_not_resolve_costs_no_attempt():
    [outcome] = open_transport(urlsplit("smtp://mail.invalid")).send(mails(), lambda: False)
    assert (outcome.verdict, outcome.code) == (Verdict.RELEASED, "name_not_resolved")


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_a_connection_lost_before_the_dot_is_no_doubt(abilities, at):
    with ScriptedServer({**abilities, at: [HANG_UP]}) as server:
        lost, rest = send(server, 2)
    assert lost == Outcome(Verdict.RETRY, "connection_lost", provider_failed=True)
    assert rest.verdict is Verdict.RELEASED
    assert server.mails == []


def test_a_server_that_hangs_up_after_some_mails_is_just_connected_again(abilities):
    after_two = [b"250 Fine\r\n", b"250 Fine\r\n", HANG_UP]
    with ScriptedServer({**abilities, "MAIL": after_two}) as server:
        transport = transport_to(server)
        outcomes = send(server, 3, transport=transport)
        assert [outcome.verdict.value for outcome in outcomes] == ["sent", "sent", "released"]
        assert not outcomes[2].provider_failed
        assert send(server, 2, transport=transport)[1].verdict is Verdict.SENT
        transport.close()
    assert server.connections == 2


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (HANG_UP, "connection_lost after the dot"),
        (b"what?\r\n", "garbled_reply"),
        (b"354 Go on\r\n", "garbled_reply"),
        (b"x" * 20_000, "500 after the dot"),
        (b"\xff\xfe\x00\r\n", "garbled_reply"),
    ],
)
def test_what_is_lost_after_the_dot_is_in_doubt_and_a_fault_of_the_provider(abilities, reply, code):
    with ScriptedServer({**abilities, "DOT": [reply]}) as server:
        doubtful, rest = send(server, 2)
    assert doubtful == Outcome(Verdict.UNKNOWN, code, provider_failed=True)
    assert rest == Outcome(Verdict.RELEASED, code.removesuffix(" after the dot"))
    assert len(server.mails) == 1


def test_a_refusal_stays_one_though_the_server_hangs_up_behind_it(abilities):
    script = {**abilities, "RCPT": GONE, "RSET": HANG_UP}
    with ScriptedServer(script | ({"DATA": NO_RECIPIENT} if abilities else {})) as server:
        refused, rest = send(server, 2)
    assert refused == Outcome(Verdict.FAILED, "550 5.1.1", mailbox_is_gone=True)
    assert rest == Outcome(Verdict.RELEASED, "stopped")


def test_a_reply_may_come_octet_by_octet_and_in_many_lines(abilities):
    def drip(peer, octets):
        for position in range(len(octets)):
            peer.sendall(octets[position : position + 1])

    lines = b"250-2.0.0 Ok\r\n250-2.0.0 really\r\n250 2.0.0 queued as AB.1-2\r\n"
    with ScriptedServer({**abilities, "DOT": lines}, send=drip) as server:
        assert send(server, 2) == [Outcome(Verdict.SENT, provider_id="AB.1-2")] * 2


def test_a_server_that_hung_up_on_the_idle_is_connected_again_without_a_hold(abilities):
    with ScriptedServer(abilities) as server:
        transport = transport_to(server)
        send(server, transport=transport)
        server.say(b"421 4.4.2 Timeout exceeded\r\n")
        server.cut()
        time.sleep(0.05)
        [outcome] = send(server, transport=transport)
        transport.close()
    assert outcome.verdict is Verdict.SENT
    assert (server.connections, len(server.mails)) == (2, 2)


def test_when_told_to_stop_nothing_new_is_begun(abilities):
    with ScriptedServer(abilities) as server:
        outcomes = send(server, 4, halted=lambda: len(server.mails) >= 2)
    assert [outcome.verdict.value for outcome in outcomes] == ["sent"] * 2 + ["released"] * 2
    assert len(server.mails) == 2


def test_after_a_stop_the_connection_begins_anew(abilities):
    with ScriptedServer(abilities) as server:
        transport = transport_to(server)
        send(server, 2, halted=lambda: bool(server.mails), transport=transport)
        outcomes = send(server, 2, transport=transport)
        transport.close()
    assert [outcome.verdict for outcome in outcomes] == [Verdict.SENT] * 2
    assert len(server.mails) == 3


def test_a_slow_server_is_waited_for(abilities):
    def slowly(peer, octets):
        time.sleep(0.05)
        peer.sendall(octets)

    with ScriptedServer(abilities, send=slowly) as server:
        assert [outcome.verdict for outcome in send(server, 2)] == [Verdict.SENT] * 2


def test_pipelining_sends_the_next_envelope_with_the_dot():
    """The server answers the first dot only when it has the second envelope."""
    answers_to_come = [
        (b"ehlo", b"250-test\r\n250 PIPELINING\r\n"),
        (b"DATA\r\n", b"250 Fine\r\n250 Fine\r\n354 Go on\r\n"),
        (b"\r\n.\r\nMAIL", b""),
        (b"DATA\r\n", b"250 Taken\r\n250 Fine\r\n250 Fine\r\n354 Go on\r\n"),
        (b"\r\n.\r\n", b"250 Taken\r\n"),
        (b"quit", b"221 Bye\r\n"),
    ]

    def serve(listener):
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(5)
            peer.sendall(b"220 test ESMTP\r\n")
            heard = b""
            for awaited, answer in answers_to_come:
                while awaited not in heard:
                    heard += peer.recv(65536)
                heard = heard.partition(awaited)[2]
                peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as threads:
        served = threads.submit(serve, listener)
        transport = open_transport(urlsplit(f"smtp://127.0.0.1:{listener.getsockname()[1]}"))
        outcomes = transport.send(mails(2), lambda: False)
        transport.close()
        served.result(10)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.SENT, Verdict.SENT]


def test_a_lone_dot_and_a_leading_dot_arrive_as_they_were():
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n.\r\n"
    mail = Mail("news@example.com", "ursula@example.org", content, uuid4())
    with ScriptedServer(PIPELINING) as server:
        transport = transport_to(server)
        transport.send([mail, mail], lambda: False)
        transport.close()
    assert server.mails == [content] * 2
