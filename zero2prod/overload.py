"""The web's worker class: a request that has waited too long for a thread is refused, not served.

gunicorn hands every request to a pool of threads with a queue that has no end. Under more load than
it can serve, each visitor would wait longer than the one before and get an answer that nobody waits
for any more; here the queue is worked off within moments, and who is served is served soon.
"""

import threading
import time
from collections.abc import Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

import structlog
from gunicorn.workers.gthread import TConn, ThreadWorker

WAIT_LIMIT = 8.0
"""Seconds. A burst of sign-ups is served within it; who has waited longer is told to come again."""
_PROBE = "/health_check"
"""Is always answered: a busy process must not be restarted for being busy."""
_REPORT_SECONDS = 1.0
_BODY = b"The service has more visitors than it can serve. Please try again in a moment.\n"
_HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(_BODY))),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
    ("Retry-After", "5"),
]

Environ = MutableMapping[str, Any]
StartResponse = Callable[[str, Iterable[tuple[str, str]]], None]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

logger = structlog.get_logger(__name__)


class SheddingWorker(ThreadWorker):
    """gunicorn's threads, with a clock on their queue."""

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._clock = threading.local()
        self.wsgi = shedding(self.wsgi, lambda: getattr(self._clock, "waited", 0.0))

    def enqueue_req(self, conn: TConn) -> None:
        conn.queued_at = time.monotonic()  # type: ignore[attr-defined]
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> bool:
        self._clock.waited = time.monotonic() - conn.queued_at  # type: ignore[attr-defined]
        return super().handle(conn)


def shedding(application: Application, waited: Callable[[], float]) -> Application:
    """Wrap an application so that it refuses, at next to no cost, what has waited too long."""
    refused = _Count()

    def guarded(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if waited() <= WAIT_LIMIT or environ.get("PATH_INFO") == _PROBE:
            return application(environ, start_response)
        refused.add()
        status = HTTPStatus.SERVICE_UNAVAILABLE
        start_response(f"{status.value} {status.phrase}", _HEADERS)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [_BODY]

    return guarded


class _Count:
    """Says at most once a second how many were refused: a flood must not flood the log as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._next_report = 0.0

    def add(self) -> None:
        with self._lock:
            self._number += 1
            if time.monotonic() < self._next_report:
                return
            number, self._number = self._number, 0
            self._next_report = time.monotonic() + _REPORT_SECONDS
        logger.warning("web.overloaded", refused=number, waited_seconds=WAIT_LIMIT)
