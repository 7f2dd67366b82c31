"""One commit for the statements that several threads run at the same moment.

A commit costs about as much as a short statement, and one round trip and one flush can serve many.
So while one thread is at the database those that come after it wait, and then go together. Each
still has its own row, and its own error.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from zero2prod.postgres.base import DatabaseWrapper

MOST = 32
"""Runs of one commit: the locks of all need room in PostgreSQL's table of locks."""

# All of a group at once and in one order: who waits here has written nothing that anybody could
# wait for, and who has passed meets no other group's rows. So no two groups block each other.
_LOCK = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key"
# Others, such as an import, lock rows in orders of their own. A group that meets one gives up all
# it holds before PostgreSQL looks for a deadlock (deadlock_timeout, 1 s), so it ends nobody's work.
_HURRY = "SET LOCAL lock_timeout = '100ms'"


def _taken() -> threading.Lock:
    """Return a lock to wait at: for one who is woken once, a third of the work of an Event."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Run:
    parameters: Sequence[Any]
    keys: Iterable[UUID]
    woken: threading.Lock = field(default_factory=_taken)
    leads: bool = False
    is_alone: bool = False
    row: tuple[Any, ...] | None = None


class GroupCommit:
    """A statement that returns one row, and that many threads of this process run."""

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._lock = threading.Lock()
        self._waiting: list[_Run] = []
        self._is_led = False

    def run(self, parameters: Sequence[Any], keys: Iterable[UUID]) -> tuple[Any, ...]:
        """Run the statement; return its row when it is durable. Inside a transaction it joins that.

        `keys` stand for all rows for which one run could wait for another. Raises the errors of
        Django; OperationalError also if the connection broke while the end of the commit was open.
        """
        database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
        run = _Run(parameters, keys)
        if database.in_atomic_block:
            run.is_alone = True
        else:
            self._queue(run)
        if run.leads:
            self._lead(database)
        if run.is_alone:
            self._run_alone(database, run)
        if run.row is None:
            raise OperationalError("the connection broke before the commit was known")
        return run.row

    def _queue(self, run: _Run) -> None:
        """Return when the run leads, or when its group is done."""
        with self._lock:
            self._waiting.append(run)
            run.leads, self._is_led = not self._is_led, True
        if not run.leads:
            run.woken.acquire()

    def _lead(self, database: DatabaseWrapper) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        try:
            if len(group) == 1:
                self._run_alone(database, group[0])
            else:
                self._commit(database, group)
        finally:
            self._hand_over()
            for run in group:
                if not run.leads:
                    run.woken.release()

    def _hand_over(self) -> None:
        with self._lock:
            heir = self._waiting[0] if self._waiting else None
            self._is_led = heir is not None
        if heir:
            heir.leads = True
            heir.woken.release()

    def _run_alone(self, database: DatabaseWrapper, run: _Run) -> None:
        """Run the plain statement, which locks its rows in the order in which it was written.

        It may meet a group in the other order: then the group gives way (`_HURRY`).
        """
        with database.prepared_cursor() as cursor:
            cursor.execute(self._statement, run.parameters)
            run.row = cursor.fetchone()

    def _commit(self, database: DatabaseWrapper, group: list[_Run]) -> None:
        database.close_if_health_check_failed()
        database.ensure_connection()
        with database.wrap_database_errors:
            try:
                cursors = self._send(database.connection, group)
            except Exception:  # noqa: BLE001 - who caused it meets it again, alone
                # Raises if the server is gone: whether it has committed is then in doubt for all.
                database.connection.rollback()
                for run in group:
                    run.is_alone = True
                return
            for run, cursor in zip(group, cursors, strict=True):
                run.row = cursor.fetchone()

    def _send(self, connection: psycopg.Connection, group: list[_Run]) -> list[psycopg.RawCursor]:
        """Run a group in one transaction and one round trip; raise the first error."""
        keys = sorted({key.int >> 65 for run in group for key in run.keys})
        frame = psycopg.RawCursor(connection)
        cursors = [psycopg.RawCursor(connection) for _ in group]
        with connection.pipeline():
            frame.execute("BEGIN")
            frame.execute(_LOCK, [keys])
            frame.execute(_HURRY)
            for run, cursor in zip(group, cursors, strict=True):
                cursor.execute(self._statement, run.parameters)
            frame.execute("COMMIT")
        return cursors
