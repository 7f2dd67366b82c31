"""The carrying out, by as many hands as there are: each does a range of addresses at a time.

A range is one transaction that holds its row, and the import's only at the end, to add up. So a
command works by two connections, and a worker of another process helps.
"""

import psycopg
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from newsletter.importing import merging
from newsletter.models import Import, ImportRange

_CUT = """
INSERT INTO newsletter_importrange (batch_id, after, last)
SELECT %(batch)s, lag(last, 1, %(after)s) OVER (ORDER BY last), last FROM (
    SELECT max(key) AS last FROM (
        SELECT key, (row_number() OVER (ORDER BY key) - 1) / %(limit)s AS number
        FROM newsletter_importrow WHERE batch_id = %(batch)s AND key > %(after)s
    ) AS numbered GROUP BY number
) AS ends GROUP BY last
"""


_TRIES = 3
"""Of a range that meets others who make the same readers: after them it sees who these are."""


class _Stopped(Exception):
    """The import was cancelled while a range of it was done."""


class _MetAnother(Exception):
    """Somebody else made one of these readers meanwhile."""


def cut(batch: Import) -> bool:
    """Make the ranges of what is not imported yet; return whether there is nothing left.

    To be called while there are none.
    """
    batch.through = batch.counts.pop("cut", batch.through)
    with connection.cursor() as cursor:
        cursor.execute(
            _CUT, {"batch": batch.pk, "after": batch.through, "limit": merging.ADDRESSES}
        )
        is_done: bool = cursor.rowcount == 0
    if not is_done:
        # Until all are done `through` stays, for a worker of an earlier release.
        batch.counts["cut"] = batch.ranges.order_by("-last").values_list("last", flat=True)[0]
    return is_done


def hold_back() -> None:
    """Wait for the ranges under way, and let none begin until this transaction ends.

    Whoever bars an address from being imported does it first of all: a range that is under way
    does not see that, nor is seen, and would make a reader of it.
    """
    with connection.cursor() as cursor:
        # SHARE is at odds with the deletion of a range, and with nobody else who holds back.
        cursor.execute("LOCK TABLE newsletter_importrange IN SHARE MODE")


def do_one(import_id: int) -> None:
    """Import a range that nobody does, or wait until somebody has done one."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                _do_one(import_id, is_last_try=tries_left == 0)
        except _MetAnother:
            continue
        except _Stopped:
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.DeadlockDetected):
                raise
        return


def _do_one(import_id: int, *, is_last_try: bool) -> None:
    ranges = ImportRange.objects.filter(batch=import_id).order_by("last")
    mine = ranges.select_for_update(skip_locked=True).first()
    if mine is None:
        ranges.select_for_update().first()
        return
    # First, since it waits for `hold_back`: the statement that follows sees what was done there.
    ranges.filter(last=mine.last).delete()
    batch = Import.objects.get(pk=import_id)
    found, has_met_another = merging.import_between(batch, mine.after, mine.last)
    if has_met_another and not is_last_try:
        raise _MetAnother
    batch = Import.objects.select_for_update(no_key=True).get(pk=import_id)
    if batch.state != Import.State.IMPORTING:
        raise _Stopped
    merging.count(batch, found)
    batch.changed_at = Now()
    batch.save(update_fields=["counts", "changed_at"])
