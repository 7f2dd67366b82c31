#!/usr/bin/env python
"""The door for operators: `manage.py help` lists the commands."""

import sys

from config import environment


def main() -> None:
    """Run a command; a mistake in the environment is one sentence."""
    try:
        environment.use_settings()
    except environment.ConfigurationError as error:
        sys.exit(str(error))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
