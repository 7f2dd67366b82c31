"""The answers when Django itself gives up; `handler...` of zero2prod.urls."""

import sys

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from zero2prod.middleware import outage


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that nobody caught, one of the database raised by a middleware too."""
    return outage(request, sys.exc_info()[1]) or defaults.server_error(request)
