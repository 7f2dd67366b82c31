#!/usr/bin/env python
"""The door for operators: `manage.py help` lists the commands."""

import io
import sys

from django.core.management import execute_from_command_line
from django.db import ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from config import environment
from zero2prod.postgres.outages import DATABASE_AWAY, reason


def main() -> None:
    """Run a command; a mistake in the environment or a lost database is one sentence."""
    environment.use_settings()
    _write_utf8()
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
        sys.exit(f"The database failed: {reason(error)}")


def _write_utf8() -> None:
    """Write UTF-8 in any locale: an export is a file, and no reader's name may end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whoever started the process may have closed it
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _is_no_text(argument: str) -> bool:
    """Whether Python read bytes that are not UTF-8, which no database takes."""
    return any("\ud800" <= character <= "\udfff" for character in argument)


if __name__ == "__main__":
    main()
