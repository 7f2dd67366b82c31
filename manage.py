#!/usr/bin/env python
"""The door for operators: `manage.py help` lists the commands."""

import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from config import environment


def main() -> None:
    """Run a command; a mistake in the environment or a lost database is one sentence."""
    environment.use_settings()
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database failed: {str(error).strip()}")


if __name__ == "__main__":
    main()
