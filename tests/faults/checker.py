"""The judge: compares what the witness accepted with what the ledger says, and samples the sums."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

OPEN = {"pending", "claimed", "sending"}

_ROWS = "SELECT id::text, state, error_code FROM newsletter_delivery"
_SUMS = """
SELECT issue.id, issue.audience_size, count(delivery.id)
FROM newsletter_issue AS issue
LEFT JOIN newsletter_delivery AS delivery
    ON delivery.issue_id = issue.id AND delivery.kind = 'issue'
   AND delivery.state IN (
        'pending', 'claimed', 'sending', 'sent', 'failed', 'skipped', 'unknown')
GROUP BY issue.id
"""


@dataclass
class Findings:
    """What became of all mails. The four lists must be empty, whatever was done to the workers."""

    states: Counter[str] = field(default_factory=Counter)
    unfinished: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """`sent`, and the witness has never seen it."""
    doubled: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    """`failed` or `skipped`, and the witness has it."""

    @property
    def faultless(self) -> bool:
        return not (self.unfinished or self.lost or self.doubled or self.denied)


def accepted(path: Path) -> Counter[str]:
    """Return how often the witness accepted each delivery."""
    lines = path.read_text().splitlines() if path.exists() else []
    return Counter(line.split()[1].partition("@")[0] for line in lines)


def judge(connection: psycopg.Connection[Any], path: Path) -> Findings:
    seen = accepted(path)
    findings = Findings(doubled=[delivery for delivery, times in seen.items() if times > 1])
    for delivery, state, _code in connection.execute(_ROWS):
        findings.states[state] += 1
        if state in OPEN:
            findings.unfinished.append(delivery)
        elif state == "sent" and not seen[delivery]:
            findings.lost.append(delivery)
        elif state in {"failed", "skipped"} and seen[delivery]:
            findings.denied.append(delivery)
    return findings


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
