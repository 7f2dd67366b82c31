"""What every request passes around Django's own middleware; config.settings.base orders it."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.urls import resolve
from django.utils.translation import gettext as _

from zero2prod.answers import refuse
from zero2prod.postgres.outages import DATABASE_AWAY, reason

GetResponse = Callable[[HttpRequest], HttpResponse]

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,18}")
_CHARSETS = {"utf-8", "utf8"}

logger = structlog.get_logger(__name__)


class ProbeMiddleware:
    """Answer the platform's probes before host validation and redirects: they ask by IP address."""

    PATHS = frozenset({"/health_check", "/readyz"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in self.PATHS and request.method in {"GET", "HEAD"}:
            request.resolver_match = match = resolve(request.path_info)
            response: HttpResponse = match.func(request)
            response.headers.setdefault("Content-Length", str(len(response.content)))
            return response
        return self.get_response(request)


class RequestGuardMiddleware:
    """Refuse with 400 what no browser sends and Django or PostgreSQL would stumble over."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fault = _fault(request)
        return refuse(request, *fault) if fault else self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, UnreadablePostError):
            return refuse(request, HTTPStatus.BAD_REQUEST, _("The body ended too early."))
        return None


class DatabaseOutageMiddleware:
    """Answer 503 while PostgreSQL cannot be reached or drops the connection.

    What a middleware raises outside the view comes to `server_error`, which answers the same.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return outage(request, error)


class MethodMiddleware:
    """Say in words which methods an address takes: Django's own 405 has a header only."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            response.content = (
                _("This address takes %(methods)s only.") % {"methods": response["Allow"]} + "\n"
            )
            response["Content-Type"] = "text/plain; charset=utf-8"
        return response


def outage(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the answer to an error of the database's server or connection, else None."""
    if not isinstance(error, DATABASE_AWAY):
        return None
    logger.error("database.unavailable", reason=reason(error))
    sentence = _("The service cannot reach its database. Please try again in a moment.")
    response = refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)
    response["Retry-After"] = "5"
    return response


def _fault(request: HttpRequest) -> tuple[HTTPStatus, str] | None:
    environ: dict[str, Any] = request.META
    # Django itself has percent-encoded again what was not UTF-8 in the path.
    query = unquote_to_bytes(environ.get("QUERY_STRING", ""))
    if "\0" in request.path_info or not _is_text(query):
        return HTTPStatus.BAD_REQUEST, _("The address is not valid text.")
    if any(_CONTROL.search(value) for value in _header_values(environ)):
        return HTTPStatus.BAD_REQUEST, _("A header has a control character.")
    if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
        return HTTPStatus.LENGTH_REQUIRED, _("Say the length of the body: Content-Length.")
    if not _LENGTH.fullmatch(environ.get("CONTENT_LENGTH") or "0"):
        return HTTPStatus.BAD_REQUEST, _("Content-Length is not a number.")
    # Django decodes a form by any codec that Python knows, and some are no text encodings.
    if (request.content_params or {}).get("charset", "utf-8").lower() not in _CHARSETS:
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _("Send text in UTF-8.")
    return None


def _is_text(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in octets


def _header_values(environ: dict[str, Any]) -> list[str]:
    return [
        value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    ]
