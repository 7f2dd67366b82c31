"""How long a page waits for a question to the database."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection, transaction

_Answer = TypeVar("_Answer")


def within(patience_ms: int | None, ask: Callable[[], _Answer]) -> _Answer | None:
    """Return a question's answer, or None when the database takes longer for it.

    Without patience (None) the answer is awaited, however long it takes.
    """
    if patience_ms is None:
        return ask()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(patience_ms)])
            answer = ask()
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
            return answer
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            return None
        raise
