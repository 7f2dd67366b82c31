"""The answers when Django itself gives up; `handler...` of zero2prod.urls."""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import defaults

from zero2prod.answers import refuse
from zero2prod.middleware import outage


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer what Django could not read, such as a form that is not one, in the client's words."""
    sentence = _("Something in the request is not valid. Please go back and try again.")
    return refuse(request, HTTPStatus.BAD_REQUEST, sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that nobody caught, one of the database raised by a middleware too."""
    return outage(request, sys.exc_info()[1]) or defaults.server_error(request)
