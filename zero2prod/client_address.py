"""Whose request it is: the one source of client addresses, for the log and for limits."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address as the trusted proxy says it, else the peer's; empty on a Unix socket.

    Of several addresses the last counts: the proxy has added it, and what stands before it came
    with the request, where anybody can write anything.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    given = request.headers.get(settings.CLIENT_IP_HEADER, "") if settings.CLIENT_IP_HEADER else ""
    return _normal(given.rpartition(",")[2]) or _normal(peer)


def _normal(text: str) -> str:
    """Return one spelling of an address; an IPv4 address in IPv6 clothes is the IPv4 address."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
