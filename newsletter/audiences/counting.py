"""How many readers, told at once: exactly when that is quick, else about, from a sample."""

from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from newsletter.audiences.finding import IS_PAUSED, conditions_of, matching
from newsletter.models import Issue, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet
from newsletter.patience import within

PATIENCE_MS = 120
"""What a page gives an exact count."""
FEW_PATIENCE_MS = 1_000
"""And what it gives one that the sample could not tell from nothing."""
SAMPLE = 10_000
"""Rows of a sample: of a tenth of the readers it knows the share to about 3 % of it."""
_TABLE = 'FROM "newsletter_subscription"'
_ROWS = """
SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'newsletter_subscription'::regclass
"""
_REASON = models.Case(
    models.When(models.Q(IS_PAUSED, status="confirmed"), then=models.Value("paused")),
    default=models.F("status"),
)


@dataclass(frozen=True, slots=True)
class Count:
    readers: int
    is_exact: bool = True

    def __str__(self) -> str:
        return f"{self.readers:,}" if self.is_exact else f"about {self.readers:,}"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an issue would be sent to now, and who of those meant gets nothing, by the reason."""

    audience: Count
    skipped: dict[str, Count]


def reach(issue: Issue, *, patience_ms: int | None = PATIENCE_MS) -> Reach:
    """Count an issue's audience and its skip reasons; raise InvalidDefinition.

    Without patience (None) each number is exact, however long that takes.
    """
    found = matching(issue.newsletter, conditions_of(issue)).order_by()
    by_reason = found.values(reason=_REASON).annotate(readers=models.Count("pk"))
    counts = within(
        patience_ms, lambda: {row["reason"]: Count(row["readers"]) for row in by_reason}
    )
    is_exact = counts is not None
    counts = _sampled(by_reason) if counts is None else counts
    return Reach(counts.pop(Subscription.Status.CONFIRMED, Count(0, is_exact=is_exact)), counts)


def count(readers: SubscriptionQuerySet, *, patience_ms: int = PATIENCE_MS) -> Count:
    """Count readers within a time; what takes longer is estimated and says so."""
    exact = within(patience_ms, readers.count)
    if exact is not None:
        return Count(exact)
    about = estimate(readers)
    if about.readers:
        return about
    # Nobody in the sample is few and not nobody, which is worth waiting for.
    exact = within(FEW_PATIENCE_MS, readers.count)
    return about if exact is None else Count(exact)


def estimate(readers: SubscriptionQuerySet) -> Count:
    """Count readers in a sample, in a few hundredths of a second however many they are."""
    whole = readers.order_by().values(one=models.Value(1)).annotate(readers=models.Count("pk"))
    return _sampled(whole).get(1, Count(0, is_exact=False))


def _sampled(counts: "models.QuerySet[Any, Any]") -> dict[Any, Count]:
    """Count by groups in a sample of the table's pages: the same one until the table changes.

    What is known is the share of the sample, which is taken of the table's rows as last counted.
    """
    sql, params = counts.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        # To look up the mails of a few is quicker than to read all mails of an issue.
        cursor.execute("SET LOCAL enable_hashjoin = off")
        cursor.execute("SET LOCAL enable_mergejoin = off")
        cursor.execute(_ROWS)
        rows = cursor.fetchone()[0]
        percent = min(100.0, 100.0 * SAMPLE / rows)
        # Django's SQL, whose values are parameters; only its first table is said to be sampled.
        sampled = f"{_TABLE} TABLESAMPLE SYSTEM ({percent}) REPEATABLE (1)"
        cursor.execute(f"SELECT count(*) {sampled}")
        looked_at = cursor.fetchone()[0]
        cursor.execute(sql.replace(_TABLE, sampled, 1), params)
        hits = dict(cursor.fetchall())
        cursor.execute("SET LOCAL enable_hashjoin TO DEFAULT")
        cursor.execute("SET LOCAL enable_mergejoin TO DEFAULT")
    if percent == 100:
        return {group: Count(number) for group, number in hits.items()}
    return {
        group: Count(_rounded(number * rows / looked_at), is_exact=False)
        for group, number in hits.items()
    }


def _rounded(number: float) -> int:
    """Return two digits that count: the rest would pretend to be known."""
    return int(float(f"{number:.1e}"))
