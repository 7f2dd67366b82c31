"""One event for each request, and one id on all events of a request.

Not django-structlog: its event carries the path with its query, and here that is a reader's token.
"""

import re
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from zero2prod import metrics
from zero2prod.client_address import client_address

_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_USER_AGENT_LENGTH = 256

logger = structlog.get_logger(__name__)


class RequestLogMiddleware:
    """Take the caller's X-Request-ID or make one, answer with it, and log what was answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        request_id = _request_id(request)
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = perf_counter() - started
            metrics.answered(
                method=request.method,
                route=route(request),
                status=response.status_code,
                seconds=seconds,
            )
            logger.info(
                "request.answered",
                method=request.method,
                route=route(request),
                status=response.status_code,
                elapsed_ms=round(seconds * 1000, 1),
                client_address=client_address(request),
                user_agent=request.META.get("HTTP_USER_AGENT", "")[:_USER_AGENT_LENGTH],
            )
        response["X-Request-ID"] = request_id
        return response


def _request_id(request: HttpRequest) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if _SAFE_ID.fullmatch(given) else uuid4().hex


def route(request: HttpRequest) -> str:
    """Return the pattern that matched, which is free of what a visitor typed."""
    return f"/{request.resolver_match.route}" if request.resolver_match else ""
