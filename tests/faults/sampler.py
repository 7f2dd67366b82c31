"""Whether the accounting is true at every moment, and not only in the end."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

_SUMS = """
SELECT issue.id, issue.audience_size, count(delivery.id)
FROM newsletter_issue AS issue
LEFT JOIN newsletter_delivery AS delivery
    ON delivery.issue_id = issue.id AND delivery.kind = 'issue'
   AND delivery.state IN (
        'pending', 'claimed', 'sending', 'sent', 'failed', 'skipped', 'unknown')
GROUP BY issue.id
"""


class Sampler:
    """Asks five times a second whether the audience is the sum of the states; use it by `with`."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.samples = 0
        self.wrong: list[tuple[int, int, int]] = []

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.2):
            with suppress(psycopg.OperationalError), self._connect() as connection:
                while not self._over.wait(0.2):
                    self._sample(connection)

    def _sample(self, connection: psycopg.Connection[Any]) -> None:
        for issue, audience, total in connection.execute(_SUMS).fetchall():
            if audience != total:
                self.wrong.append((issue, audience, total))
        connection.rollback()
        self.samples += 1
