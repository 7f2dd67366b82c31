"""Who waits for whom in the database, for tests that let somebody wait."""

from django.db import connection


def is_somebody_waiting() -> bool:
    """Whether a lock is not granted; unlike `pg_stat_activity` it is as of now in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
