"""The web process while its database is away: for real, with a proxy that is closed and opened."""

import subprocess
import sys
import time

import pytest
from django.db import connection

from tests.acceptance.service import Service
from tests.ports import unused_port


def ask(service, method, path, body=None):
    """Return the answer's status, Retry-After and the seconds that it took."""
    started = time.monotonic()
    answer = getattr(service, method)(path, *([body] if body else []))
    return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - started


def sign_up(service) -> int:
    return service.sign_up("ursula@example.org").status_code


@pytest.fixture
def database_port() -> int:
    return unused_port()


@pytest.fixture
def web(service, database_port) -> Service:
    """The web process, which looks for its database at that port."""
    service.start_web(
        APP_DATABASE__HOST="127.0.0.1",
        APP_DATABASE__PORT=str(database_port),
        APP_SIGNUP__LIMITS="false",
    )
    return service


class Relay:
    """A TCP relay in front of the true database; closing it cuts its connections."""

    def __init__(self, port: int) -> None:
        self.command = [sys.executable, "-m", "tests.relay", "127.0.0.1", str(port), target()]

    def __enter__(self) -> "Relay":
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def target() -> str:
    """Return where the tests' database listens, as HOST:PORT or the path of its socket."""
    info = connection.connection.info
    if info.host.startswith("/"):
        return f"{info.host}/.s.PGSQL.{info.port}"
    return f"{info.host}:{info.port}"


def test_without_its_database_the_service_answers_503_and_recovers(web, database_port):
    form = {"name": "Ursula", "email": "ursula@example.org"}
    for method, path, body in [("get", "/", None), ("post", "/subscriptions", form)]:
        status, retry_after, seconds = ask(web, method, path, body)
        assert (status, retry_after) == (503, "5")
        assert seconds < 3
    assert ask(web, "get", "/health_check")[0] == 200

    for _ in range(2):
        with Relay(database_port):
            assert [sign_up(web) for _ in range(20)] == [200] * 20
        assert {web.get("/issues/").status_code for _ in range(20)} == {503}
