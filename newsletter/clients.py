"""Who sits at the other end of a request, as far as the operator chose to record it."""

from django.conf import settings
from django.http import HttpRequest

from newsletter.consenting import UNKNOWN, Client
from zero2prod.client_address import client_address

_LONGEST = 500


def client_of(request: HttpRequest) -> Client:
    """Return what a consent keeps of the visitor: nothing, unless APP_PRIVACY__RECORD_CLIENT."""
    if not settings.PRIVACY_RECORD_CLIENT:
        return UNKNOWN
    program = request.headers.get("User-Agent", "")
    readable = "".join(character for character in program if character.isprintable())
    return Client(client_address(request) or None, readable[:_LONGEST])
