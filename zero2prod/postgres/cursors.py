"""A cursor for the few statements that run thousands of times."""

from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper

from zero2prod.postgres.base import DatabaseWrapper


def prepared_cursor() -> CursorWrapper:
    """Return a cursor of this thread's connection whose statements are planned only once.

    Their places are those of PostgreSQL, $1 and so on: psycopg would look for its own in the text
    each time, if that has more than 4096 characters.

    Django's own cursors write the values into the text of a statement, so that it is parsed and
    planned anew every time.
    """
    return cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).prepared_cursor()
