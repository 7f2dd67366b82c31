"""Which errors mean that the database is away, or cannot do for a while what it can do."""

import psycopg
from django.db import InterfaceError, InternalError, OperationalError

# A provider whose disk is nearly full makes the server read-only under sessions that are open, and
# a session can be ended for what its transaction took: SQLSTATE 25006, 25P03 and 25P04, which are
# internal errors.
DATABASE_AWAY = (
    OperationalError,
    InterfaceError,
    InternalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
)


def reason(error: BaseException) -> str:
    """Return in one line what the server says, without the context, which may quote a row.

    Where no server has spoken, it is what became of each attempt to connect.
    """
    cause = error.__cause__ or error
    said = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    return " ".join((said or str(error)).split())
