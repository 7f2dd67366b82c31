"""The steps by which an import goes on: a worker or a command calls them again and again.

Each is one transaction: whoever dies in it leaves nothing half done, and the next one begins where
the last that was committed has ended. Any number may call them. A step holds the import's row, but
for the carrying out, in which several do their `ranges` at once.
"""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import structlog
from django.db import DataError, connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from newsletter.importing import ranges
from newsletter.importing.errors import ImportingError
from newsletter.importing.merging import check_some
from newsletter.importing.staging import read_some
from newsletter.importing.undoing import undo_some
from newsletter.models import Import, ImportFault, ImportPart, ImportRange

State = Import.State
ENDED = (State.DONE, State.UNDOING, State.UNDONE, State.FAILED, State.CANCELLED)
UNDECIDED = (State.MAPPING, State.CHECKED)

KEEP_UNDECIDED = timedelta(days=7)
KEEP_UPLOADING = timedelta(days=1)
KEEP_FAULTS = timedelta(days=30)
_TIDIED = 20_000

logger = structlog.get_logger(__name__)


def step(*, only: int | None = None) -> bool:
    """Do the next step of an import; return whether there was one to do.

    Without `only`, of any that is left to the workers. Raises a database's error.
    """
    with transaction.atomic():
        batch = _take(only)
        if batch is None:
            return False
        if not _has_ranges(batch):
            _act(batch)
    if _has_ranges(batch):
        _do_range(batch.pk)
    return True


def _has_ranges(batch: Import) -> bool:
    return batch.state == State.IMPORTING and batch.ranges.exists()


def _act(batch: Import) -> None:
    old = State(batch.state)
    act, following = _DUTIES[old]
    try:
        with transaction.atomic():
            if act(batch):
                _go_on(batch, following(batch))
    except ImportingError as error:
        _fail(batch, str(error))
    except (DataError, psycopg.DataError) as error:
        _refuse(batch, error)
    batch.changed_at = Now()
    batch.save()
    if batch.state != old:
        logger.info("importing.reached", batch=batch.pk, state=batch.state)


def _do_range(import_id: int) -> None:
    try:
        ranges.do_one(import_id)
    except (DataError, psycopg.DataError) as error:
        with transaction.atomic():
            batch = _take(import_id)
            if batch is not None:
                _refuse(batch, error)
                batch.save()


def _refuse(batch: Import, error: Exception) -> None:
    """End an import that the database refuses: again it would be the same."""
    # The message is not logged: it quotes the row.
    logger.error("importing.refused", batch=batch.pk, error=type(error).__name__)
    _fail(batch, f"The database refused a row after line {batch.read_lines:,}.")


def _fail(batch: Import, sentence: str) -> None:
    """End an import as it was before this step; no address of its last place stays."""
    batch.refresh_from_db()
    batch.state, batch.error = State.FAILED, sentence[:500]
    begin_pass(batch)


def _take(only: int | None) -> Import | None:
    under_way = Import.objects.under_way().order_by("id")
    if only is not None:
        return under_way.select_for_update(no_key=True, of=["self"]).filter(pk=only).first()
    return (
        under_way.select_for_update(skip_locked=True, no_key=True, of=["self"])
        .filter(is_manual=False)
        .first()
    )


def _go_on(batch: Import, state: State) -> None:
    batch.state = state
    begin_pass(batch)
    if state in {State.DONE, State.UNDONE}:
        batch.finished_at = Now()


def begin_pass(batch: Import) -> None:
    """Begin to walk the addresses, or the readers, from the first on."""
    batch.through = ""
    batch.counts.pop("cut", None)
    if batch.state in {State.CHECKING, State.IMPORTING, State.UNDOING}:
        batch.counts["done"] = 0
    if batch.state in {State.CHECKING, State.IMPORTING}:
        batch.counts["fates"] = {}


def _after_reading(batch: Import) -> State:
    return State.CHECKING if batch.is_trial else State.IMPORTING


_DUTIES: dict[State, tuple[Callable[[Import], bool], Callable[[Import], State]]] = {
    State.READING: (read_some, _after_reading),
    State.CHECKING: (check_some, lambda _: State.CHECKED),
    State.IMPORTING: (ranges.cut, lambda _: State.DONE),
    State.UNDOING: (undo_some, lambda _: State.UNDONE),
}


def tidy() -> bool:
    """Remove some of what ended imports leave behind; return whether there was anything.

    Their file, its first lines and rows go at once, their list of faults after a month, what nobody
    decided about after a week.
    """
    _give_up(State.UPLOADING, KEEP_UPLOADING)
    for state in UNDECIDED:
        _give_up(state, KEEP_UNDECIDED)
    ImportFault.objects.filter(batch__changed_at__lt=Now() - KEEP_FAULTS).delete()
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_SAMPLES, [list(ENDED)])
    parts = ImportPart.objects.filter(batch=OuterRef("pk"))
    batch = Import.objects.filter(Exists(parts), state__in=ENDED).order_by("id").first()
    if batch is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_ROWS, [batch.pk, _TIDIED])
        if cursor.rowcount == 0:
            ImportRange.objects.filter(batch=batch).delete()
            # Not by the ORM, which would fetch what it deletes: the whole file.
            cursor.execute("DELETE FROM newsletter_importpart WHERE batch_id = %s", [batch.pk])
    return True


_REMOVE_SAMPLES = """
UPDATE newsletter_import SET layout = layout || '{"samples": []}'
WHERE state = ANY (%s) AND jsonb_array_length(layout -> 'samples') > 0
"""
_REMOVE_ROWS = """
DELETE FROM newsletter_importrow WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM newsletter_importrow WHERE batch_id = %s LIMIT %s
))
"""


def _give_up(state: State, after: timedelta) -> None:
    Import.objects.filter(state=state, changed_at__lt=Now() - after).update(
        state=State.CANCELLED, error="Nobody decided about it.", changed_at=Now()
    )
