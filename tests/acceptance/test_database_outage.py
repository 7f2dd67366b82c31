"""The web process while its database is away: for real, with a proxy that is closed and opened."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.db import connection

from tests.factories import default_newsletter

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SIGN_UP = "name=Ursula&email=ursula@example.org"


def unused_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def ask(port, method, path, body=None):
    """Return the answer's status, Retry-After and the seconds that it took."""
    started = time.monotonic()
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as http:
        http.request(method, path, body, FORM if body else {})
        response = http.getresponse()
        response.read()
        return response.status, response.getheader("Retry-After"), time.monotonic() - started


@pytest.fixture
def database_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens yet."""
    return unused_port()


@pytest.fixture
def web(database_port, tmp_path, transactional_db) -> Iterator[int]:  # noqa: ARG001
    """Start the web process against that port; return its own."""
    port = unused_port()
    default_newsletter()
    server = connection.connection.info
    environment = {
        **os.environ,
        "APP_ENVIRONMENT": "local",
        "APP_APPLICATION__PORT": str(port),
        "DATABASE_URL": (
            f"postgres://{server.user}:{server.password}@127.0.0.1:{database_port}/{server.dbname}"
        ),
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port):
    for _ in range(200):
        try:
            return ask(port, "GET", "/health_check")
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the web process does not listen")


class Relay:
    """A TCP relay in front of the true database; closing it cuts its connections."""

    def __init__(self, port: int) -> None:
        self.command = [sys.executable, "-m", "tests.acceptance.relay", str(port), target()]

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
    for method, path, body in [("GET", "/", None), ("POST", "/subscriptions", SIGN_UP)]:
        status, retry_after, seconds = ask(web, method, path, body)
        assert (status, retry_after) == (503, "5")
        assert seconds < 3
    assert ask(web, "GET", "/health_check")[0] == 200

    for _ in range(2):
        with Relay(database_port):
            assert [ask(web, "POST", "/subscriptions", SIGN_UP)[0] for _ in range(20)] == [200] * 20
        assert {ask(web, "GET", "/")[0] for _ in range(20)} == {503}
