"""Liveness and readiness, for the platform's probes."""

from django.http import HttpRequest, HttpResponse


def liveness(_request: HttpRequest) -> HttpResponse:
    """Answer 200 without a body, and touch nothing: a database outage must not restart the web."""
    return HttpResponse()


def readiness(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
