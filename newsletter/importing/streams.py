"""Rows on their way into a table, which PostgreSQL stores while the next ones are made."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType

from django.db import connection
from psycopg import Copy

_TOGETHER = 500
"""Rows that are handed over at once."""


class Stream:
    """Takes lines of COPY, by `with`; nothing else is asked of the connection between two rows."""

    def __init__(self, statement: str) -> None:
        self.written = 0
        self._statement = statement
        self._rows: list[str] = []
        self._open = ExitStack()
        self._copy: Copy | None = None

    def __enter__(self) -> "Stream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._end()
        else:
            self._open.__exit__(kind, error, trace)

    def write(self, row: str) -> None:
        self._rows.append(row)
        self.written += 1
        if len(self._rows) >= _TOGETHER:
            self._hand_over()

    def between(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield what is read by this connection; each time the rows before it are stored first."""
        pieces = iter(pieces)
        while True:
            self._end()
            piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    def _hand_over(self) -> None:
        if self._copy is None:
            cursor = self._open.enter_context(connection.cursor())
            self._copy = self._open.enter_context(cursor.copy(self._statement))
        self._copy.write("".join(self._rows))
        self._rows.clear()

    def _end(self) -> None:
        if self._rows:
            self._hand_over()
        self._copy = None
        self._open.close()
