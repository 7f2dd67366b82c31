"""Whose request it is: the one source of client addresses, for the log and for limits."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address as the trusted proxy says it, else the peer's; empty on a Unix socket.

    Of several addresses the last counts: the proxy has added it, and what stands before it came
    with the request, where anybody can write anything.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    given = request.META.get(_variable(settings.CLIENT_IP_HEADER), "")
    return _normal(given.rpartition(",")[2]) or _normal(peer)


def _variable(header: str) -> str:
    """Return a header's name in WSGI; no header has that of none."""
    return f"HTTP_{header.upper().replace('-', '_')}"


@lru_cache(maxsize=100)
def _normal(text: str) -> str:
    """Return one spelling of an address; an IPv4 address in IPv6 clothes is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
