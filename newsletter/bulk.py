"""Changes to very many readers: promised at the desk, done by the workers in resumable steps."""

import time
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from newsletter import changing
from newsletter.changing import InvalidChange
from newsletter.models import BulkChange
from newsletter.selecting import InvalidSelection, Selection

CHUNK = 2_000
"""Readers of one step: under a second of work, so that nobody waits long for their rows."""
SECONDS = 1.0
"""How long the desk itself works on a change before it leaves the rest to the workers, and a worker
before it looks after its other duties."""

State = BulkChange.State
logger = structlog.get_logger(__name__)


def start(*, selection: Selection, act: str, tag: str, by: str) -> BulkChange:
    """Promise a change and begin it; a small one is done on return.

    Raises InvalidChange or InvalidSelection.
    """
    if act not in BulkChange.Act:
        raise InvalidChange("Choose what to do.")
    selection.readers()
    bulk = BulkChange.objects.create(
        act=act,
        tag="" if act == BulkChange.Act.UNSUBSCRIBE else changing.parse_tag(tag),
        selection=selection.as_json(),
        by=by,
    )
    logger.info("bulk.started", bulk=bulk.pk, act=act)
    work(pk=bulk.pk)
    bulk.refresh_from_db()
    return bulk


def work(*, pk: int | None = None) -> None:
    """Take steps for a while, as long as there are any to take."""
    deadline = time.monotonic() + SECONDS
    while step(pk=pk) and time.monotonic() < deadline:
        pass


def step(*, pk: int | None = None) -> bool:
    """Change the next readers of the oldest change, or of this one; return whether there was work.

    The rows and how far the change has come are one commit. Any number of workers may call it.
    """
    with transaction.atomic():
        running = BulkChange.objects.select_for_update(skip_locked=True).filter(state=State.RUNNING)
        bulk = (running if pk is None else running.filter(pk=pk)).order_by("pk").first()
        if bulk is None:
            return False
        try:
            readers = Selection.from_json(bulk.selection).readers()
        except InvalidSelection as error:
            bulk.state, bulk.finished_at = State.STOPPED, Now()
            bulk.save(update_fields=["state", "finished_at"])
            logger.warning("bulk.stopped", bulk=bulk.pk, reason=str(error))
            return True
        done = changing.change(
            readers.filter(pk__gt=bulk.through or UUID(int=0)),
            act=BulkChange.Act(bulk.act),
            tag=bulk.tag,
            by=bulk.by,
            most=CHUNK,
        )
        _advance(bulk, done)
    return True


def stop(*, pk: int) -> bool:
    """End a change where it is; return whether it was still running. What is done stays done."""
    stopped = BulkChange.objects.filter(pk=pk, state=State.RUNNING).update(
        state=State.STOPPED, finished_at=Now()
    )
    return bool(stopped)


def _advance(bulk: BulkChange, done: changing.Changed) -> None:
    bulk.seen = F("seen") + done.seen
    bulk.changed = F("changed") + done.changed
    bulk.through = done.last or bulk.through
    if done.seen < CHUNK:
        bulk.state, bulk.finished_at = State.DONE, Now()
    bulk.save(update_fields=["seen", "changed", "through", "state", "finished_at"])
