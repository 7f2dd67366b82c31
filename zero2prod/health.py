"""Liveness and readiness, for the platform's probes and the operator's first look."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from newsletter.models import Delivery, Installation, Worker
from newsletter.models.workers import HEARTBEAT_LIMIT

LATENESS_LIMIT = timedelta(minutes=10)
"""How long a confirmation may be due."""


def liveness(_request: HttpRequest) -> HttpResponse:
    """Answer 200 without a body, and touch nothing: a database outage must not restart the web."""
    return HttpResponse()


@never_cache
def readiness(_request: HttpRequest) -> HttpResponse:
    """Answer 200, or 503 with the reasons why readers are not served as they should be."""
    reasons = list(_reasons())
    if reasons:
        answer = {"status": "not ready", "reasons": reasons}
        return JsonResponse(answer, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse({"status": "ready"})


def _reasons() -> Iterator[str]:
    try:
        connection.ensure_connection()
        if count := _unapplied_migrations():
            # Of tables that may not be there yet, nothing can be asked.
            yield f"migrations: {count} not applied"
            return
        if Installation.objects.is_restored():
            yield "database: a restored copy, nothing is sent until `manage.py reconcile`"
        if not Worker.objects.alive().exists():
            yield f"worker: none seen for {HEARTBEAT_LIMIT.seconds} s"
        if _is_mail_late():
            yield f"mail: due for more than {LATENESS_LIMIT.seconds // 60} min and not sent"
    except (DatabaseError, InterfaceError):
        yield "database: unreachable"


def _unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _is_mail_late() -> bool:
    """Ask for the mails that somebody waits for; those of an issue may take hours, by its rate."""
    late = Delivery.objects.filter(next_at__lt=Now() - LATENESS_LIMIT)
    return late.exclude(kind=Delivery.Kind.ISSUE).exists()
