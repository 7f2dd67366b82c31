"""Django's migrate, which does not make the service wait: it gives up a lock and tries again.

A migration that waits for a lock makes everything wait that comes after it. Each migration is a
transaction of its own, so the next attempt goes on where the last one was refused.
"""

import time
from contextlib import closing
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_TIMEOUT = "3s"
ATTEMPTS = 10
PAUSE_SECONDS = 3.0


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with closing(connection.cursor()) as cursor:
                    cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
                super().handle(*args, **options)
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                self.stderr.write(f"A table was in use for {LOCK_TIMEOUT} (attempt {attempt}).")
                time.sleep(PAUSE_SECONDS)
            else:
                break
            finally:
                _reset(connection)
        else:
            raise CommandError(
                f"A table was in use for {LOCK_TIMEOUT} at each of {ATTEMPTS} attempts. What was "
                "migrated stays so, and the rest waits: run it again in a quieter moment."
            )


def _reset(connection: Any) -> None:
    """Tests and `up` go on with the same connection."""
    if connection.connection is not None and connection.is_usable():
        with closing(connection.cursor()) as cursor:
            cursor.execute("RESET lock_timeout")
