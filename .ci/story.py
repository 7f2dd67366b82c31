# ruff: noqa: INP001 - a program of .ci/container, not a part of the product
"""What the world sees of the image: `story.py answers PORT`, `story.py reader PORT MAILBOX`."""

import email
import email.policy
import http.client
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

HOST = "news.zero2prod.dev"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Web:
    """The web process as the platform's proxy asks it."""

    def __init__(self, port: int) -> None:
        self._port = port

    @contextmanager
    def ask(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        proxied = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
        try:
            if form is None:
                connection.request("GET", path, headers=proxied)
            else:
                connection.request("POST", path, urlencode(form), proxied | FORM)
            yield connection.getresponse()
        finally:
            connection.close()

    def status(self, path: str, form: dict[str, str] | None = None, **headers: str) -> int:
        try:
            with self.ask(path, form, **headers) as answer:
                return answer.status
        except OSError:
            return 0


def wait_for(what: str, claim: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        if time.monotonic() > deadline:
            sys.exit(f"Waited {seconds:.0f} s in vain for {what}.")
        time.sleep(0.1)


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


def answers(web: Web) -> None:
    """Probes come by IP address and without TLS; people come by name and with it."""
    probe = {"Host": "10.244.0.7:8000", "X-Forwarded-Proto": "http"}
    wait_for("liveness", lambda: web.status("/health_check", **probe) == 200)
    expect("readiness without a worker", web.status("/readyz", **probe), 503)
    expect("plain http", web.status("/", **{"X-Forwarded-Proto": "http"}), 301)
    expect("another host", web.status("/", Host="evil.example"), 400)
    with web.ask("/") as page:
        html = page.read().decode()
        expect("the page", page.status, 200)
    style = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', html)
    for path in ("/", "/nothing", "/admin/login/", style[1] if style else "no hashed style sheet"):
        with web.ask(path) as answer:
            expect(path, answer.status, 404 if path == "/nothing" else 200)
            for header in ("Content-Security-Policy", "Strict-Transport-Security", "X-Request-ID"):
                expect(f"{header} of {path}", bool(answer.headers[header]), True)


def reader(web: Web, mailbox: Path) -> None:
    """Sign up, get the mail that the worker sends, and confirm by its link."""
    wait_for("readiness", lambda: web.status("/readyz") == 200)
    form = {"name": "Ursula Le Guin", "email": "ursula@example.org"}
    expect("the sign-up", web.status("/subscriptions", form), 200)
    wait_for("the confirmation mail", lambda: any((mailbox / "new").glob("*")))
    raw = next((mailbox / "new").glob("*")).read_bytes()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    text = mail.get_body(("plain",)).get_content()
    link = re.search(rf"https://{HOST}(/subscriptions/confirm\S+)", text)
    target = urlsplit(link[1] if link else "no link in the mail").geturl()
    expect("the link's page", web.status(target), 200)
    expect("the confirmation", web.status(target, {}), 200)
    wait_for("readiness", lambda: web.status("/readyz") == 200)


def main() -> None:
    story, port, *mailbox = sys.argv[1:]
    if story == "answers":
        answers(Web(int(port)))
    else:
        reader(Web(int(port)), Path(mailbox[0]))


main()
