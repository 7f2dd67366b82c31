"""Pools between this service and its server, such as PgBouncer."""

from contextlib import closing
from typing import cast

from django.db import connection

from zero2prod.postgres.base import DatabaseWrapper


def shares_connections() -> bool:
    """Whether a transaction of somebody else moves a connection to another one of the server.

    So it is behind a pool whose mode is `transaction` (https://www.pgbouncer.org/features.html):
    what was prepared, set or listened for is then gone, and what became of a mail could not be
    written down. Raises OperationalError where there is no server.
    """
    ours, others = (cast(DatabaseWrapper, connection.copy()) for _ in range(2))
    with closing(ours), closing(others):
        before = _backend(ours)
        others.set_autocommit(False)
        _backend(others)  # holds, until it is closed, what the pool got back last
        return _backend(ours) != before


def _backend(database: DatabaseWrapper) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])
