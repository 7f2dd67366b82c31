"""The judge: compares what the witness accepted with what the ledger says."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

_ROWS = "SELECT id::text, state FROM newsletter_delivery"
_OPEN = frozenset({"pending", "claimed", "sending"})


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
    """Compare every row of the ledger with what the witness wrote down."""
    seen = accepted(path)
    findings = Findings(doubled=[delivery for delivery, times in seen.items() if times > 1])
    for delivery, state in connection.execute(_ROWS):
        findings.states[state] += 1
        if state in _OPEN:
            findings.unfinished.append(delivery)
        elif state == "sent" and not seen[delivery]:
            findings.lost.append(delivery)
        elif state in {"failed", "skipped"} and seen[delivery]:
            findings.denied.append(delivery)
    return findings
