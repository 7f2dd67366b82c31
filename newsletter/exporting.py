"""Readers as a CSV file that imports again without a difference: `columns.OWN` reads it."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from io import StringIO
from typing import Any
from uuid import UUID

from django.db.models import F, Func, JSONField, TextField
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
_TIMES = COLUMNS[-3:]


class _Json(Func):
    function = "to_json"
    output_field = JSONField()


def export(subscriptions: SubscriptionQuerySet, *, with_mark: bool = False) -> Iterator[str]:
    """Yield the file in pieces of some thousand lines, each by a query of its own.

    So neither memory nor a transaction grows with the list. Who comes or goes meanwhile may be in
    it or not; nobody is in it twice.
    """
    yield (BYTE_ORDER_MARK if with_mark else "") + _lines([COLUMNS])
    last = UUID(int=0)
    # As PostgreSQL writes them: numbers keep every digit, and times are ISO 8601 in quotes, in UTC
    # as is the session. To make Python's times of them took half of the export.
    written: dict[str, Any] = {"json": Cast("attributes", TextField())}
    written |= {f"{time}_json": Cast(_Json(F(time)), TextField()) for time in _TIMES}
    readers = subscriptions.order_by("pk").annotate(**written)
    wanted = ("pk", *_FROM_TEXT, "tags", *written)
    while page := list(readers.filter(pk__gt=last).values_list(*wanted)[:_READERS]):
        yield _lines([_row(*reader) for reader in page])
        last = page[-1][0]


def _row(_id: UUID, *values: Any) -> list[str]:
    *texts, tags, attributes, subscribed_at, confirmed_at, unsubscribed_at = values
    return [
        *map(cells.escape, texts),
        _tags(tuple(tags)) if tags else "",
        "" if attributes == "{}" else attributes,
        _time(subscribed_at),
        _time(confirmed_at),
        _time(unsubscribed_at),
    ]


@lru_cache(maxsize=1000)
def _tags(tags: tuple[str, ...]) -> str:
    return cells.escape(_lines([tags])[:-2])


def _time(written: str | None) -> str:
    return written.strip('"') if written else ""


def _lines(rows: list[Any]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
