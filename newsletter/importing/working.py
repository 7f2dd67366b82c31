"""The part of a worker that carries on imports, beside the connections that send."""

import time

from django.db import connection

from newsletter.importing.steps import step, tidy

_LOOK_SECONDS = 1.0
_TIDY_SECONDS = 60.0


class Importer:
    """Has the steps of a sender, so that a worker treats both alike."""

    def __init__(self) -> None:
        self._next_look = 0.0
        self._next_tidying = 0.0

    def step(self) -> bool:
        """Do a step of an import, or of tidying up; return whether there was one."""
        now = time.monotonic()
        if now < self._next_look:
            return False
        if step():
            return True
        if now >= self._next_tidying:
            if tidy():
                return True
            self._next_tidying = now + _TIDY_SECONDS
        self._next_look = now + _LOOK_SECONDS
        return False

    def close(self) -> None:
        connection.close()
