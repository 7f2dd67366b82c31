"""What Prometheus reads: counters of the web's processes, and state that is asked for at a scrape.

Counters live in files that all processes of one gunicorn share (config/gunicorn.py), so that any of
them answers for all. What workers on other machines do is in the database, and is read there by the
collectors that are registered in `STATE`. Labels are routes, outcomes and the like: never what a
visitor typed. https://prometheus.github.io/client_python/multiprocess/
"""

import hmac
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from zero2prod.answers import refuse

_View = Callable[[HttpRequest], HttpResponse]

disable_created_metrics()  # type: ignore[no-untyped-call]

COUNTERS = CollectorRegistry()
"""What happened in this process."""
STATE = CollectorRegistry()
"""What is the same for all processes; its collectors ask for it when they are read."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter(
    "zero2prod_http_requests",
    "Requests that were answered.",
    ["method", "route", "status"],
    registry=COUNTERS,
)
REQUEST_SECONDS = Histogram(
    "zero2prod_http_request_seconds",
    "Seconds from the first middleware to the answer.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=COUNTERS,
)


def answered(*, method: str | None, route: str, status: int, seconds: float) -> None:
    """Count a request under the pattern that matched; one without a pattern counts as `none`."""
    route = route or "none"
    known = method if method in _METHODS else "other"
    REQUESTS.labels(known, route, str(status)).inc()
    REQUEST_SECONDS.labels(route).observe(seconds)


def for_the_scraper(view: _View) -> _View:
    """Let only who has the token in; without one there is nothing here. Locally all may look."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if settings.METRICS_OPEN:
            return view(request)
        if not settings.METRICS_TOKEN:
            raise Http404
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        if hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            return view(request)
        sentence = "Say who you are: Authorization: Bearer, and APP_METRICS__TOKEN."
        response = refuse(request, HTTPStatus.UNAUTHORIZED, sentence)
        response["WWW-Authenticate"] = "Bearer"
        return response

    return answer


@never_cache
@require_safe
@for_the_scraper
def scrape(_request: HttpRequest) -> HttpResponse:
    """Answer all metrics as text."""
    text = generate_latest(_shared_counters()) + generate_latest(STATE)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)


def _shared_counters() -> CollectorRegistry:
    if not settings.METRICS_DIRECTORY:
        return COUNTERS
    registry = CollectorRegistry()
    MultiProcessCollector(registry, settings.METRICS_DIRECTORY)  # type: ignore[no-untyped-call]
    return registry
