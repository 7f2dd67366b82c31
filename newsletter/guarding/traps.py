"""Traps for what fills forms blindly: a field that nobody sees, and a clock that cannot be set."""

import re
import time

from django.conf import settings
from django.core import signing

HONEYPOT = "comment"
"""The name of a field that people do not see. No browser fills in one of this name by itself."""
LIFETIME_SECONDS = 24 * 60 * 60
"""How long an open page may wait for its visitor."""

_TOKEN = re.compile(r"[0-9]{1,15}:[0-9A-Za-z_-]{43}")


class TooFast(Exception):
    """The form came back sooner than a person can fill it in."""


class Stale(Exception):
    """The time of the form was not written here, or long ago."""


def clock() -> str:
    """Return the present, signed, for a form that is being shown."""
    return _signer().sign(str(_milliseconds()))


def check_clock(token: str) -> None:
    """Raise TooFast or Stale unless a person may have filled in the form of this clock."""
    if not _TOKEN.fullmatch(token):
        raise Stale
    try:
        shown_at = int(_signer().unsign(token))
    except signing.BadSignature as error:
        raise Stale from error
    seconds = (_milliseconds() - shown_at) / 1000
    if seconds > LIFETIME_SECONDS:
        raise Stale
    if seconds < settings.SIGNUP_FILL_SECONDS:
        raise TooFast


def _milliseconds() -> int:
    return int(time.time() * 1000)


def _signer() -> signing.Signer:
    return signing.Signer(salt="newsletter.sign-up.clock")
