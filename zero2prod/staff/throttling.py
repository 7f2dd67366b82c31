"""How often a password may be wrong: django-axes counts, in the database, for all processes.

Five failures of one (user, client) pair lock this pair, so that nobody can lock a user out from
elsewhere. Fifty failures of one client, whatever the users, lock the client. What was typed as a
name is kept as a keyed digest: typed into the wrong field it is often a password.
"""

import ipaddress
from datetime import timedelta
from math import ceil
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from zero2prod.client_address import client_address

CLIENT_SHARE = 10
"""So many failures of a client count as one of a pair."""
NETWORK_BITS = 64
"""What an IPv6 customer is given at least (RFC 6177): a client has this whole network."""


class StaffHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Two limits: that of settings for a pair, and CLIENT_SHARE times as much for a client."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        pair, client = (
            attempts.aggregate(failures=Sum("failures_since_start"))["failures"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(pair, client // CLIENT_SHARE)

    def reset_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> int:
        """Forgive the pair. One known password must not open the way to guess others'."""
        count: int = self.filter_user_attempts(request, credentials)[0].delete()[0]
        return count


def network(request: HttpRequest) -> str | None:
    """Return the client: its IPv4 address, or its IPv6 network."""
    address = client_address(request)
    if ":" not in address:
        return address or None
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False).network_address)


def username_digest(_request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return what stands for a typed name in the table of failures."""
    name = str((credentials or {}).get("username") or "")
    return salted_hmac("staff.throttling", name.casefold(), algorithm="sha256").hexdigest()


def locked_out(
    request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Answer 429, with the time from which another attempt is heard."""
    seconds = max(1, ceil(_rest(request, credentials).total_seconds()))
    context = {
        **admin.site.each_context(request),
        "title": "Too many attempts",
        "minutes": ceil(seconds / 60),
    }
    response = render(request, "admin/staff/locked_out.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _rest(request: HttpRequest, credentials: dict[str, Any] | None) -> timedelta:
    pair, _client = StaffHandler().get_user_attempts(request, credentials)
    last = pair.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    rest: timedelta = last + settings.AXES_COOLOFF_TIME - timezone.now()
    return rest
