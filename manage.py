#!/usr/bin/env python
"""The door for operators: `manage.py help` lists the commands."""

import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from config import environment


def main() -> None:
    """Run a command; a mistake in the environment or a lost database is one sentence."""
    environment.use_settings()
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        is_old = isinstance(error.__cause__, UndefinedTable | UndefinedColumn)
        if "--traceback" in sys.argv or (isinstance(error, ProgrammingError) and not is_old):
            raise
        if is_old:
            sys.exit("The database's schema is not this version's: run `manage.py migrate`.")
        sys.exit(f"The database failed: {str(error).strip()}")


if __name__ == "__main__":
    main()
