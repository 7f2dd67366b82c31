"""The questions behind the metrics of the database's state, each a few rows by an index."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from math import inf
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from newsletter import waiting
from newsletter.metrics import SECONDS_BUCKETS
from newsletter.models import (
    Alarm,
    Delivery,
    Installation,
    Issue,
    IssueCount,
    Provider,
    Tally,
    Worker,
)
from newsletter.models.issues import IN_DELIVERY

MOST_ISSUES = 20
"""Issues that have metrics of their own, the newest."""
WATCHED = timedelta(days=1)
"""For how long a finished issue keeps its metrics."""
MOST_WAITING = 10_000
"""Up to where waiting single mails are counted."""

_ISSUE_MAIL = Delivery.Kind.ISSUE
_OPEN = (*IN_DELIVERY, Issue.State.PAUSED)


def workers() -> Iterator[Metric]:
    """Say how many live, and how long nobody was seen: minus one where none is known."""
    alive = Worker.objects.alive().count()
    newest = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    yield _gauge("workers", "Workers that were seen lately.", alive)
    yield _gauge("worker_last_seen_seconds", "Since any worker was seen; -1: none.", _age(newest))
    restored = Installation.objects.is_restored()
    yield _gauge("restored", "Whether this is a copy that sends nothing (reconcile).", restored)


def alarm() -> Iterator[Metric]:
    """Say whether the sign-up asks for proofs of work, since it is under attack."""
    yield _gauge(
        "sign_up_alarm", "Whether the sign-up's alarm is raised.", Alarm.objects.is_raised()
    )


def oldest_due() -> Iterator[Metric]:
    """Say how long the mail waits that is due for longest; a paused issue's wait on purpose."""
    family = _family("oldest_due_seconds", "Since when the oldest due mail waits.", "kind")
    family.add_metric(["single"], max(0.0, _age(waiting.oldest_single())))
    family.add_metric(["issue"], max(0.0, _age(waiting.oldest_of_issues())))
    yield family


def open_mails() -> Iterator[Metric]:
    """Count what is not finished: single mails up to a bound, and what workers hold."""
    single = Delivery.objects.filter(next_at__isnull=False).exclude(kind=_ISSUE_MAIL)
    yield _gauge(
        "single_mails_waiting",
        f"Confirmations and tests that wait, at most {MOST_WAITING}.",
        single.order_by("next_at")[:MOST_WAITING].count(),
    )
    held = Delivery.objects.filter(lease_until__isnull=False)
    family = _family("mails_held", "Mails that a worker holds.", "state")
    found = dict(held.order_by().values_list("state").annotate(Count("pk")))
    for state in (Delivery.State.CLAIMED, Delivery.State.SENDING):
        family.add_metric([state.value], found.get(state.value, 0))
    yield family


def issues() -> Iterator[Metric]:
    """Say what the workers counted last of the issues in delivery and of those just finished."""
    counts = list(
        IssueCount.objects.filter(
            Q(issue__state__in=_OPEN) | Q(issue__finished_at__gt=Now() - WATCHED)
        ).order_by("-issue_id")[:MOST_ISSUES]
    )
    states = _family("issue_mails", "Mails of an issue by state.", "issue", "state")
    promised = _family("issue_promised", "Mails that an issue has in the ledger.", "issue")
    bounced = _family("issue_bounced", "Mails of an issue that came back.", "issue")
    for count in counts:
        issue = str(count.issue_id)
        promised.add_metric([issue], count.promised)
        bounced.add_metric([issue], count.bounced)
        for state in Delivery.State:
            states.add_metric([issue, state.value], count.states.get(state.value, 0))
    yield from (states, promised, bounced)
    error = sum(count.error for count in counts)
    unknown = sum(count.states.get("unknown", 0) for count in counts)
    yield _gauge("delivery_accounting_error", "Mails without exactly one state: 0.", error)
    yield _gauge("mails_unknown", "Mails of these issues whose outcome is in doubt.", unknown)


def providers() -> Iterator[Metric]:
    """Say what the workers know of each provider."""
    is_open = _family("provider_circuit_open", "Whether its circuit breaker is open.", "provider")
    failures = _family("provider_failures", "Its failures in a row.", "provider")
    hold = _family("provider_hold_seconds", "For how long it asked us to wait.", "provider")
    for provider in Provider.objects.order_by("name")[:MOST_ISSUES]:
        is_open.add_metric([provider.name], provider.opened_at is not None)
        failures.add_metric([provider.name], provider.failures)
        hold.add_metric([provider.name], max(0.0, -_age(provider.hold_until)))
    yield from (is_open, failures, hold)


def deliveries() -> Iterator[Metric]:
    """Say what all workers have added up."""
    outcomes = CounterMetricFamily(
        "zero2prod_deliveries", "Mails handed over, by outcome.", labels=["provider", "outcome"]
    )
    seconds = HistogramMetricFamily(
        "zero2prod_send_seconds",
        "To hand one mail over: its share of a group's.",
        labels=["provider"],
    )
    for provider, amounts in _tallies().items():
        for measure, amount in amounts.items():
            if measure.startswith(Tally.OUTCOME):
                outcomes.add_metric([provider, measure.removeprefix(Tally.OUTCOME)], amount)
        seconds.add_metric([provider], _buckets(amounts), amounts.get(Tally.SECONDS, 0))
    yield from (outcomes, seconds)


def connections() -> Iterator[Metric]:
    """Say how many connections our database has, of those that its server allows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE datname = current_database()),"
            " current_setting('max_connections')::int FROM pg_stat_activity"
        )
        used, allowed = cursor.fetchone()
    yield _gauge("database_connections", "Connections to our database.", used)
    yield _gauge("database_connections_allowed", "Connections that the server allows.", allowed)


QUESTIONS: tuple[Callable[[], Iterator[Metric]], ...] = (
    alarm,
    workers,
    oldest_due,
    open_mails,
    issues,
    providers,
    deliveries,
    connections,
)


def _tallies() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for tally in Tally.objects.order_by("provider", "measure")[: 20 * MOST_ISSUES]:
        found.setdefault(tally.provider, {})[tally.measure] = tally.amount
    return found


def _buckets(amounts: dict[str, float]) -> list[Any]:
    """Return the cumulative buckets of the histogram, the infinite one last."""
    own = {
        float(measure.removeprefix(Tally.BUCKET)): amount
        for measure, amount in amounts.items()
        if measure.startswith(Tally.BUCKET)
    }
    bounds = sorted({*own, *SECONDS_BUCKETS, inf})
    return [(_as_label(bound), sum(own[at] for at in own if at <= bound)) for bound in bounds]


def _as_label(bound: float) -> str:
    return "+Inf" if bound == inf else str(bound)


def _age(moment: datetime | None) -> float:
    return -1.0 if moment is None else (timezone.now() - moment).total_seconds()


def _family(name: str, documentation: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"zero2prod_{name}", documentation, labels=labels)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"zero2prod_{name}", documentation, value=float(value))
