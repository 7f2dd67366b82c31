"""A publication rings, and the workers begin at once instead of in their next round.

By LISTEN and NOTIFY (PostgreSQL documentation, SQL commands). It only shortens the wait: where
nobody hears it the rounds go on.
"""

from django.db import connection


def ring() -> None:
    """Ring when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY newsletter_published")


def wait(seconds: float) -> None:
    """Wait for a ring since the last wait, and no longer than so many seconds."""
    connection.ensure_connection()
    database = connection.connection
    database.execute("LISTEN newsletter_published")
    for _ in database.notifies(timeout=seconds, stop_after=1):
        pass
