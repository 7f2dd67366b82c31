"""HTTP connections that tell whether a request can have left.

``requests`` reports a TLS handshake that breaks off or times out in the same words as a lost
answer, and the difference is whether a mail is in doubt. So what fails while connecting is raised
as `NotConnected`, which neither ``urllib3`` nor ``requests`` knows and therefore lets through.
"""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from newsletter.delivery.transports.wire import Wire


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds."""

    connect: float = 5.0
    answer: float = 30.0
    """Of silence."""
    whole: float = 120.0
    """Of a request, however often the provider says a word."""
    idle: float = 4.0
    """A connection that was silent for longer is not used again: many servers end theirs after 5,
    and a request into that moment is lost in doubt."""
    repeats: tuple[float, ...] = (1.0, 4.0)
    """Before a request in doubt is repeated under its idempotency key. It is done here and at once,
    since Brevo forgets a key after 15 minutes, and Resend takes it for the same bytes only."""


PATIENCE = Patience()


LONGEST_ANSWER = 1_000_000
"""Bytes, unpacked. What lies behind them is not read; an answer to 16 mails has some thousand."""


class NotConnected(Exception):
    """No connection was made: nothing was sent. The message is a short code."""


def prepare(session: Session, wire: Wire) -> None:
    """Make a session raise NotConnected, and follow no redirection: a POST would become a GET."""
    session.max_redirects = 0
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(wire))


class _Connection(HTTPConnection):
    wire: Wire

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError) as error:
            raise NotConnected(_label(error)) from error
        self.wire.hold(self.sock)

    def _new_conn(self) -> socket.socket:
        made = self.wire.connect(
            self._dns_host.strip("[]"), self.port, self.timeout or PATIENCE.connect
        )
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)

        class Pool(HTTPConnectionPool):
            ConnectionCls = type("Connection", (_Connection,), {"wire": self._wire})

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = type("TlsConnection", (_TlsConnection,), {"wire": self._wire})

        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}

    def build_response(self, request: PreparedRequest, answer: HTTPResponse) -> Response:
        response = super().build_response(request, answer)
        response.raw = _Beginning(answer)
        return response


class _Beginning:
    """The beginning of an answer: an endless one, or one that unpacks to that, fills no memory."""

    def __init__(self, answer: HTTPResponse) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    def stream(self, size: int, *, decode_content: bool) -> Iterator[bytes]:
        left = LONGEST_ANSWER
        for part in self._answer.stream(size, decode_content=decode_content):
            yield part[:left]
            left -= len(part)
            if left <= 0:
                self._answer.close()
                return


def _label(error: Exception) -> str:
    """Return a short code for an error; its text may name hosts."""
    for kind, label in _LABELS:
        if isinstance(error, kind):
            return label
    return "connection_failed"


_LABELS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "name_not_resolved"),
    (ConnectionRefusedError, "connection_failed"),
    (TimeoutError, "timed_out"),
    (ssl.SSLError, "tls_failed"),
    (ConnectionError, "connection_lost"),
)
