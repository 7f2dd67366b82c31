"""What staff do with an import: take a file, choose, confirm, cancel, undo."""

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from newsletter import characters
from newsletter.importing import choices as choosing
from newsletter.importing import columns
from newsletter.importing.choices import Choices
from newsletter.importing.errors import ImportingError, NotNow
from newsletter.importing.fields import LONGEST_SOURCE
from newsletter.importing.files import Keeper, plain_name
from newsletter.importing.layouts import Layout
from newsletter.importing.steps import UNDECIDED, begin_pass
from newsletter.models import Import, Newsletter
from newsletter.models.imports import UNDER_WAY

State = Import.State
CANCELLABLE = (*UNDECIDED, State.READING, State.CHECKING, State.IMPORTING)
UNDOABLE = (State.DONE, State.CANCELLED, State.FAILED)

logger = structlog.get_logger(__name__)


def begin(
    *,
    newsletter: Newsletter,
    file_name: str,
    source: str = "",
    by: User | None = None,
    is_manual: bool = False,
) -> Import:
    """Make the import that a file is then kept for."""
    return Import.objects.create(
        newsletter=newsletter,
        source=source.strip(),
        file_name=plain_name(file_name),
        started_by=by,
        is_manual=is_manual,
    )


def check_source(source: str) -> None:
    """Raise ImportingError if it does not say how these people agreed."""
    if not source.strip():
        raise ImportingError(
            "Say how these people agreed to your mail: it stands in each reader's record."
        )
    if len(source.strip()) > LONGEST_SOURCE or not characters.is_safe(source):
        raise ImportingError(f"The source is one line of at most {LONGEST_SOURCE} characters.")


def keep_file(
    batch: Import, octets: Iterable[bytes], *, encoding: str = "", limit: int | None = None
) -> None:
    """Keep a whole file and look at its layout; raise UnreadableFile, and the import has failed."""
    keeper = Keeper(batch, encoding=encoding, limit=limit)
    try:
        for piece in octets:
            keeper.write(piece)
        keeper.finish()
    except ImportingError as error:
        fail(batch, str(error))
        raise
    take(batch)


def take(batch: Import) -> None:
    """Have a kept file wait for the editor, with a guess of what its columns are."""
    layout = Layout(**batch.layout)
    batch.choices = guessed(batch, layout).as_json()
    batch.state, batch.changed_at = State.MAPPING, Now()
    batch.save()
    logger.info("importing.kept", batch=batch.pk, size=batch.size)


def fail(batch: Import, sentence: str) -> None:
    """End an import whose file cannot be read."""
    Import.objects.filter(pk=batch.pk).update(state=State.FAILED, error=sentence[:500])


def guessed(batch: Import, layout: Layout) -> Choices:
    known = columns.recognise(layout.columns, batch.file_name)
    mapping = columns.guess(layout.columns, layout.samples, known)
    takes_status = True if known else None
    return Choices(mapping, takes_status=takes_status, is_own_export=known is columns.OWN)


def choose(
    *,
    import_id: int,
    choices: Choices,
    is_trial: bool = True,
    source: str | None = None,
    newsletter: Newsletter | None = None,
) -> None:
    """Read the file by these choices, from its beginning; raise ImportingError or NotNow."""
    with transaction.atomic():
        batch = _held(import_id, UNDECIDED)
        source = batch.source if source is None else source
        check_source(source)
        choosing.check(choices, Layout(**batch.layout).columns)
        batch.choices, batch.is_trial = choices.as_json(), is_trial
        batch.source, batch.newsletter = source.strip(), newsletter or batch.newsletter
        batch.read_bytes = batch.read_lines = 0
        batch.counts, batch.through = {}, ""
        batch.revision += 1
        _save(batch, State.READING)


def carry_out(*, import_id: int, revision: int | None = None, is_manual: bool = False) -> None:
    """Import what was checked; raise NotNow, also if the choices are others by now."""
    with transaction.atomic():
        batch = _held(import_id, (State.CHECKED,))
        if revision is not None and batch.revision != revision:
            raise NotNow("Somebody has changed the choices meanwhile: look at the new check.")
        batch.is_trial, batch.is_manual = False, is_manual
        _save(batch, State.IMPORTING)


def cancel(*, import_id: int) -> None:
    """Stop where it is: who is imported stays, until it is undone; raise NotNow."""
    with transaction.atomic():
        batch = _held(import_id, CANCELLABLE)
        batch.finished_at = Now()
        _save(batch, State.CANCELLED)


def undo(*, import_id: int, is_manual: bool = False) -> None:
    """Remove who came by this import and has done nothing since; raise NotNow."""
    with transaction.atomic():
        batch = _held(import_id, UNDOABLE)
        batch.is_manual = is_manual
        batch.counts.update(removed=0, kept={})
        _save(batch, State.UNDOING)


def resume(*, import_id: int) -> Import:
    """Return an import that is under way, or was checked; raise NotNow."""
    batch = Import.objects.filter(pk=import_id).first()
    if batch is None:
        raise NotNow(f"There is no import {import_id}.")
    if batch.state == State.CHECKED:
        carry_out(import_id=import_id, is_manual=True)
    elif batch.state not in UNDER_WAY:
        raise NotNow(f"Import {import_id} is {batch.state}: there is nothing to resume.")
    return batch


def same_file(batch: Import) -> Import | None:
    """Return an earlier import of this very file that was carried out."""
    carried_out = Q(state__in=(State.IMPORTING, State.DONE))
    return (
        Import.objects.filter(carried_out, digest=batch.digest, newsletter=batch.newsletter_id)
        .exclude(pk=batch.pk)
        .first()
    )


def _held(import_id: int, states: Sequence[str]) -> Import:
    imports = Import.objects.select_for_update(no_key=True, of=["self"])
    batch = imports.filter(pk=import_id).first()
    if batch is None:
        raise NotNow(f"There is no import {import_id}.")
    if batch.state not in states:
        raise NotNow(f"The import is {batch.state} by now: this cannot be done any more.")
    return batch


def _save(batch: Any, state: State) -> None:
    batch.state, batch.changed_at = state, Now()
    begin_pass(batch)
    batch.save()
    logger.info("importing.reached", batch=batch.pk, state=state)
