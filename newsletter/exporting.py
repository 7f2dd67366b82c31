"""Readers as a CSV file that imports again without a difference: `columns.OWN` reads it."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from newsletter import cells
from newsletter.models.subscriptions import SubscriptionQuerySet

COLUMNS = (
    "email",
    "name",
    "status",
    "language",
    "source",
    "tags",
    "attributes",
    "subscribed_at",
    "confirmed_at",
    "unsubscribed_at",
)
BYTE_ORDER_MARK = "\ufeff"
"""By which Excel knows UTF-8."""

_READERS = 2000
_FROM_TEXT = ("email", "name", "status", "language", "source")


def export(subscriptions: SubscriptionQuerySet, *, with_mark: bool = False) -> Iterator[str]:
    """Yield the file in pieces of some thousand lines, each by a query of its own.

    So neither memory nor a transaction grows with the list. Who comes or goes meanwhile may be in
    it or not; nobody is in it twice.
    """
    yield (BYTE_ORDER_MARK if with_mark else "") + _lines([COLUMNS])
    last = UUID(int=0)
    # As PostgreSQL writes it: numbers keep every digit.
    readers = subscriptions.order_by("pk").annotate(json=Cast("attributes", TextField()))
    wanted = ("pk", *_FROM_TEXT, "tags", "json", *COLUMNS[-3:])
    while page := list(readers.filter(pk__gt=last).values_list(*wanted)[:_READERS]):
        yield _lines([_row(*reader) for reader in page])
        last = page[-1][0]


def _row(_id: UUID, *values: Any) -> list[str]:
    *texts, tags, attributes, subscribed_at, confirmed_at, unsubscribed_at = values
    return [
        *map(cells.escape, texts),
        cells.escape(_lines([tags])[:-2]) if tags else "",
        "" if attributes == "{}" else attributes,
        _time(subscribed_at),
        _time(confirmed_at),
        _time(unsubscribed_at),
    ]


def _time(time: datetime | None) -> str:
    return time.astimezone(UTC).isoformat() if time else ""


def _lines(rows: list[Any]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
