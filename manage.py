#!/usr/bin/env python
"""The door for operators: `manage.py help` lists the commands."""

import sys

from django.core.management import execute_from_command_line
from django.db import ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from config import environment
from zero2prod.postgres.outages import DATABASE_AWAY, first_line


def main() -> None:
    """Run a command; a mistake in the environment or a lost database is one sentence."""
    environment.use_settings()
    if any(map(_is_no_text, sys.argv)):
        sys.exit("An argument is not text in UTF-8.")
    try:
        execute_from_command_line(sys.argv)
    except (*DATABASE_AWAY, ProgrammingError) as error:
        is_old = isinstance(error.__cause__, UndefinedTable | UndefinedColumn)
        if "--traceback" in sys.argv or (isinstance(error, ProgrammingError) and not is_old):
            raise
        if is_old:
            sys.exit("The database's schema is not this version's: run `manage.py migrate`.")
        sys.exit(f"The database failed: {first_line(error)}")


def _is_no_text(argument: str) -> bool:
    """Whether Python read bytes that are not UTF-8, which no database takes."""
    return any("\ud800" <= character <= "\udfff" for character in argument)


if __name__ == "__main__":
    main()
