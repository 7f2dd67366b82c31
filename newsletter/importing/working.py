"""Who carries on imports: a part of each worker, and a second hand of a command."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import Error, connection

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


@contextmanager
def second_hand(import_id: int) -> Iterator[None]:
    """Have a thread do steps of an import too, so that PostgreSQL works for it on two cores."""
    is_enough = Event()

    def help_on() -> None:
        try:
            while not is_enough.is_set() and step(only=import_id):
                pass
        except Error:
            return  # The first hand meets it as well, and says so.
        finally:
            connection.close()

    thread = Thread(target=help_on)
    thread.start()
    try:
        yield
    finally:
        is_enough.set()
        thread.join()
