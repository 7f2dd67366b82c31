"""Ports of 127.0.0.1 that stay free between the asking and the listening."""

import itertools
import os
import socket
from contextlib import suppress

FIRST, NUMBER = 10_000, 20_000
"""Below those that the kernel gives to whoever connects (Linux: from 32768 on)."""

_places = itertools.count(os.getpid() * 97)


def unused_port() -> int:
    """Return a port on which nobody listens, and which this process has not returned before.

    Whoever asks twice before he listens must not get the same one, and test processes side by side
    begin at different places.
    """
    for place in itertools.islice(_places, NUMBER):
        port = FIRST + place % NUMBER
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"All ports from {FIRST} on are taken.")


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False
