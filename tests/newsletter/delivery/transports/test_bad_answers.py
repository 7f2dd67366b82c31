"""Answers that are slow, endless or too large: they hold a hand-over up, but not for ever."""

import gzip
import threading
import time
import tracemalloc
from contextlib import contextmanager, suppress

import pytest

from newsletter.delivery.outcomes import Verdict
from newsletter.delivery.transports.http import Patience
from tests.newsletter.delivery.transports.http_provider import Answer
from tests.newsletter.delivery.transports.mails import open_at, send
from tests.newsletter.delivery.transports.smtp_server import PIPELINING, ScriptedServer
from tests.newsletter.delivery.transports.test_smtp import mails, transport_to

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"a\r\n" + b" " * 10 + b"\r\n"


def endless(*octets):
    """Return what says the last octets again and again, until the client has gone."""

    def say(handler):
        handler.close_connection = True
        with suppress(OSError):
            for beginning in octets[:-1]:
                handler.wfile.write(beginning)
            while True:
                handler.wfile.write(octets[-1])
                time.sleep(0.02)

    return Answer(after=say)


@contextmanager
def watched(transport):
    """Cut what is late, as a worker's main thread does."""
    is_over = threading.Event()

    def watch():
        while not is_over.wait(0.05):
            transport.wire.cut_if_late()

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    is_over.set()
    thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        endless(b"H"),
        endless(HEAD, b"X-Header: 1"),
        endless(HEAD, b"Content-Length: 1000000\r\n\r\n", b" "),
        endless(HEAD, b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
        endless(b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["no status", "no header", "no body", "no last chunk", "only later"],
)
def test_an_answer_word_by_word_ends_after_a_time(provider, answer):
    provider.answers = [answer]
    transport = open_at(provider, "postmark", Patience(whole=0.5))
    with watched(transport):
        (outcome,) = send(transport)
    transport.close()
    # 200 is a yes, whatever is missing behind it.
    assert outcome.verdict in {Verdict.UNKNOWN, Verdict.SENT}


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_answer_fills_no_memory(provider, packed):
    body = gzip.compress(b" " * 50_000_000) if packed else b" " * 50_000_000
    kind = b"Content-Encoding: gzip\r\n" if packed else b""

    def say(handler):
        handler.close_connection = True
        with suppress(OSError):
            handler.wfile.write(HEAD + kind + b"Content-Length: %d\r\n\r\n" % len(body))
            handler.wfile.write(body)

    provider.answers = [Answer(after=say)]
    transport = open_at(provider, "postmark")
    tracemalloc.start()
    (outcome,) = send(transport)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    transport.close()
    assert peak < 20_000_000
    assert outcome.verdict is Verdict.SENT


def test_an_smtp_reply_has_an_end():
    lines = b"250-Fine\r\n" * 1000 + b"250 Fine\r\n"
    with ScriptedServer({"EHLO": [lines]}) as server:
        (greeted,) = transport_to(server).send(mails(), lambda: False)
    with ScriptedServer(PIPELINING | {"DOT": lines}) as server:
        (taken,) = transport_to(server).send(mails(), lambda: False)
    assert greeted.verdict is Verdict.RELEASED
    assert taken.verdict is Verdict.UNKNOWN


def test_a_server_may_let_us_wait_for_its_greeting():
    """Postfix and others do, since who sends spam does not wait."""

    def say(peer, octets):
        if octets.startswith(b"220"):
            time.sleep(6)
        peer.sendall(octets)

    with ScriptedServer(send=say) as server:
        transport = transport_to(server)
        (outcome,) = transport.send(mails(), lambda: False)
        transport.close()
    assert outcome.verdict is Verdict.SENT
