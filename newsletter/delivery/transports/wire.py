"""The connection in use: how it is made, and how another thread ends it.

Who waits on a socket hears neither the clock nor that the worker is to stop, and a provider that
says a word now and then can keep him there for ever. He wakes when another thread cuts the
connection, and judges the mail as with any connection that was lost.
"""

import math
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

_T = TypeVar("_T")

NAME_SECONDS = 8.0
"""For the look-up of a name: the second nameserver is asked after 5."""
CONNECT_SECONDS = 10.0
"""For name and addresses together, so that a worker that is to stop has nothing in doubt here."""


class Wire:
    """One connection at a time. `cut` and `cut_if_late` are for other threads."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._until = math.inf

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """Return a connection to the first address that takes one; each has so many seconds."""
        until = time.monotonic() + CONNECT_SECONDS
        addresses = _resolved(host, port)
        for position, address in enumerate(addresses, start=1):
            share = (until - time.monotonic()) / (len(addresses) - position + 1)
            try:
                made = socket.create_connection(address, max(min(seconds, share), 0.1))
            except OSError:
                if position == len(addresses):
                    raise
            else:
                made.settimeout(seconds)
                return made
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address")

    def hold(self, connection: socket.socket) -> None:
        self._socket = connection

    def begin(self, seconds: float) -> None:
        """Note that what begins now is late after so many seconds."""
        self._until = time.monotonic() + seconds

    def rest(self) -> None:
        self._until = math.inf

    def cut_if_late(self) -> bool:
        is_late = time.monotonic() > self._until
        if is_late:
            self.cut()
        return is_late

    def cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it has ended by itself
                # Not TLS's own way, which wants to say farewell.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _resolved(host: str, port: int) -> list[tuple[Any, ...]]:
    found = asked(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return [entry[4][:2] for entry in found]


def asked(question: Callable[[], _T]) -> _T:
    """Ask the resolver in a thread: the C library can take minutes until it gives up."""
    answer: Future[_T] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except (OSError, UnicodeError) as error:
            answer.set_exception(error)

    Thread(target=ask, name="resolver", daemon=True).start()
    if not wait([answer], NAME_SECONDS).done:
        raise socket.gaierror(socket.EAI_AGAIN, "no nameserver answered")
    return answer.result()
