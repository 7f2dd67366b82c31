"""Nothing that a visitor says of the way he came changes an answer (hole C15, goal S11).

The web process trusts nobody's headers but the one that is named to it, not even those of a proxy
on its own machine, which hands on what its visitors send.
"""

import re
import socket

import pytest

from newsletter.guarding.budgets import CLIENT_AN_HOUR
from tests.acceptance.service import Service
from tests.newsletter.archived import publish

PATHS = (
    "/",
    "/issues/",
    "/issues/news/",
    "/issues/feed/",
    "/issues/feed/rss/",
    "/sitemap.xml",
    "/robots.txt",
    "/privacy/",
    "/subscriptions/form",
    "/subscriptions/link",
)
LIES = (
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Server: evil.example",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Prefix: /evil.example",
    "X-Forwarded-For: 198.51.100.1",
    "Forwarded: host=evil.example;proto=https",
    "X-Original-URL: /evil.example",
    "X-Rewrite-URL: /evil.example",
    "X-Host: evil.example",
    "X-HTTP-Method-Override: DELETE",
    "SCRIPT_NAME: /evil.example",
    "SCRIPT_NAME: /issues",
    "SCRIPT_NAME: /",
    "PATH_INFO: /evil.example",
    "REMOTE_USER: editor",
    "REMOTE_ADDR: 198.51.100.1",
    "X-Script-Name: /evil.example",
    "Referer: http://evil.example/",
    "Origin: http://evil.example",
)
# What is new in each answer: its id, its time, the clock of its form.
_CHANGES = re.compile(
    rb'(?im)^(date|x-request-id|transfer-encoding):.*$|name="clock" value="[^"]*"'
)


@pytest.fixture
def served(service: Service) -> Service:
    publish("News", slug="news")
    service.start_web()
    return service


def ask(service: Service, path: str, *headers: str) -> bytes:
    """Return a whole answer; the headers go out as they are written."""
    host, port = service.url.removeprefix("http://").split(":")
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close", *headers]
    answer = b""
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        while piece := client.recv(65536):
            answer += piece
    return _CHANGES.sub(b"", answer)


def test_the_twin_of_the_named_header_makes_no_other_client(service):
    """What is written with underscores is the same variable to WSGI, and not to the proxy."""
    service.start_web(APP_APPLICATION__CLIENT_IP_HEADER="X-Client", APP_SIGNUP__PROOF="never")
    codes = [
        service.post(
            "/subscriptions",
            {"name": "Ursula", "email": f"reader{number}@example.org"},
            headers={"X-Client": "203.0.113.9", "X_Client": f"198.51.{number}.1"},
        ).status_code
        for number in range(CLIENT_AN_HOUR + 5)
    ]
    assert codes == [200] * CLIENT_AN_HOUR + [429] * 5


def test_no_header_changes_an_answer_or_a_link_of_it(served):
    for path in PATHS:
        usual = ask(served, path)
        assert usual.startswith(b"HTTP/1.1 200"), path
        for lie in LIES:
            assert ask(served, path, lie) == usual, (path, lie)
