"""How long a session lasts: half an hour without a request to the admin, 12 hours in all.

Both limits are in the session's own expiry, so Django ends it also where nobody asks. Only the
admin touches a session: what readers ask for costs no query, whatever cookie comes with it.
"""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django_otp import DEVICE_ID_SESSION_KEY

from zero2prod.staff import reauthentication

BEGAN_AT, SEEN_AT = "staff_began_at", "staff_seen_at"
PRECISION_SECONDS = 60
"""A session is written at most this often."""


def begin(request: HttpRequest) -> None:
    """Begin a session for who has just given his password: a new key, and one step so far."""
    session = request.session
    for key in (DEVICE_ID_SESSION_KEY, BEGAN_AT, SEEN_AT):
        session.pop(key, None)
    session.cycle_key()
    type(session).clear_expired()
    keep(request)


def keep(request: HttpRequest) -> bool:
    """Prolong the session; end it and return False if it has lasted too long.

    A session of another origin than the log-in page begins where it is first seen.
    """
    session, now = request.session, time.time()
    if BEGAN_AT not in session:
        session[BEGAN_AT] = now
        reauthentication.remember(request)
    rest = session[BEGAN_AT] + settings.STAFF_SESSION_SECONDS - now
    if rest <= 0:
        logout(request)
        return False
    if now - session.get(SEEN_AT, 0) >= PRECISION_SECONDS and not _is_of_a_script(request):
        session[SEEN_AT] = now
        session.set_expiry(max(1, int(min(settings.SESSION_COOKIE_AGE, rest))))
    return True


def _is_of_a_script(request: HttpRequest) -> bool:
    """A page that refreshes itself is nobody's presence (https://www.w3.org/TR/fetch-metadata/)."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "empty"
