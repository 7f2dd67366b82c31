"""Who sits at the other end of a request."""

from django.conf import settings
from django.http import HttpRequest

from newsletter.consenting import UNKNOWN, Client
from newsletter.signing_up import Visitor
from zero2prod.client_address import client_address

_LONGEST = 500


def visitor_of(request: HttpRequest) -> Visitor:
    """Return who asks, for the limits: they keep keyed hashes for an hour, and no address."""
    return Visitor(client_address(request))


def client_of(request: HttpRequest) -> Client:
    """Return what a consent keeps of the visitor: nothing, unless APP_PRIVACY__RECORD_CLIENT."""
    if not settings.PRIVACY_RECORD_CLIENT:
        return UNKNOWN
    program = request.headers.get("User-Agent", "")
    readable = "".join(character for character in program if character.isprintable())
    return Client(client_address(request) or None, readable[:_LONGEST])
