"""HTTP connections that tell whether a request can have left.

``requests`` reports a TLS handshake that breaks off or times out in the same words as a lost
answer, and the difference is whether a mail is in doubt. So what fails while connecting is raised
as `NotConnected`, which neither ``urllib3`` nor ``requests`` knows and therefore lets through.
"""

import ssl
from dataclasses import dataclass
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 5.0
    answer: float = 30.0
    idle: float = 4.0
    """A connection that was silent for longer is not used again: many servers end theirs after 5,
    and a request into that moment is lost in doubt."""
    repeats: tuple[float, ...] = (1.0, 4.0)
    """Before a request in doubt is repeated under its idempotency key. It is done here and at once,
    since Brevo forgets a key after 15 minutes, and Resend takes it for the same bytes only."""


PATIENCE = Patience()


class NotConnected(Exception):
    """No connection was made: nothing was sent. The message is a short code."""


def prepare(session: Session) -> None:
    """Make a session raise NotConnected, and follow no redirection: a POST would become a GET."""
    session.max_redirects = 0
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())


class _Connection(HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError) as error:
            raise NotConnected(_label(error)) from error


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError) as error:
            raise NotConnected(_label(error)) from error


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _label(error: Exception) -> str:
    """Return a short code for an error; its text may name hosts."""
    for kind, label in _LABELS:
        if isinstance(error, kind):
            return label
    return "connection_failed"


_LABELS: tuple[tuple[type[Exception], str], ...] = (
    (NameResolutionError, "name_not_resolved"),
    (NewConnectionError, "connection_failed"),  # a kind of timeout to urllib3
    (ConnectTimeoutError, "timed_out"),
    (TimeoutError, "timed_out"),
    (ssl.SSLError, "tls_failed"),
    (ConnectionError, "connection_lost"),
)
