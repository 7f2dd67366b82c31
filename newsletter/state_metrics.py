"""What is asked of the database when Prometheus scrapes: the same, whoever answers.

Each question is answered by an index or a small table, in some milliseconds with a million rows in
the ledger; all of them together may take a quarter of a second, and their answers serve for a few
seconds. What would need a look at every mail of an issue is counted by the workers beforehand
(`models.issue_counts`), who also add up what they send (`models.tallies`).
"""

import time
from collections.abc import Callable, Iterator
from threading import Lock

from django.db import DatabaseError, InterfaceError, connection, transaction
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from newsletter import state_questions
from zero2prod.metrics import STATE

FRESH_SECONDS = 3.0
BUDGET_MILLISECONDS = 250

_AWAY = (DatabaseError, InterfaceError)


class DatabaseState(Collector):
    """Asks at most every few seconds; of a database that is away it says just that."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._metrics: list[Metric] = []
        self._fresh_until = 0.0

    def describe(self) -> list[Metric]:
        """Return nothing: to be registered must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._metrics = list(_asked())
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            yield from self._metrics

    def forget(self) -> None:
        """Ask again at the next scrape."""
        self._fresh_until = 0.0


DATABASE_STATE = DatabaseState()


def register() -> None:
    STATE.register(DATABASE_STATE)


def _asked() -> Iterator[Metric]:
    started = time.perf_counter()
    is_up = _is_up()
    yield _gauge("database_up", "Whether the database answers.", is_up)
    if is_up:
        unanswered = 0
        for question in state_questions.QUESTIONS:
            answers = _answers(question)
            yield from answers or ()
            unanswered += answers is None
        yield _gauge("state_unanswered", "Questions that failed or took too long.", unanswered)
    seconds = time.perf_counter() - started
    yield _gauge("state_seconds", "Seconds that the last look at the database took.", seconds)


def _is_up() -> bool:
    try:
        connection.ensure_connection()
        return connection.is_usable()
    except _AWAY:
        return False


def _answers(question: Callable[[], Iterator[Metric]]) -> list[Metric] | None:
    """Return the answers of one question, or None when the database has none in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {BUDGET_MILLISECONDS}")
            return list(question())
    except _AWAY:
        return None


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"zero2prod_{name}", documentation, value=float(value))
