"""The password once more, before something that cannot be taken back or carries data away."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

_SESSION_KEY = "staff_proved_at"

_View = TypeVar("_View", bound=Callable[..., Any])


def recently_authenticated(view: _View) -> _View:
    """Let a view answer only who typed his password in the last 15 minutes.

    For views of the admin, inside `admin_site.admin_view`. Others are led to a page that asks for
    the password and comes back to the address of this view by GET: let a GET show the page that
    asks, so that who was sent away from a POST sees it again. On a method:
    ``@method_decorator(recently_authenticated)``.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return ask_again(request) or view(request, *args, **kwargs)

    return cast(_View, guarded)


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """Return the way to the page that asks for the password, or None if it was given recently."""
    proved_at = request.session.get(_SESSION_KEY, 0.0)
    if 0 <= time.time() - proved_at < settings.STAFF_PASSWORD_SECONDS:
        return None
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('admin:reauthenticate')}?{query}")


def remember(request: HttpRequest) -> None:
    """Note that the password was given now."""
    request.session[_SESSION_KEY] = time.time()
