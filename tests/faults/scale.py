"""How much the fault stories do, and what they measured."""

from dataclasses import dataclass, field
from typing import Any

from newsletter.simulation.verdict import Findings


@dataclass(frozen=True)
class Scale:
    """The short form is for every change, the long one (`make faults`) for every release."""

    readers: int = 2500
    kills: int = 6
    cuts: int = 5
    restarts: int = 1
    away: float = 3.0
    """Seconds without a database."""
    stops: int = 1
    at_rate: int = 400
    """Mails that are sent at a rate."""
    sign_ups: int = 300
    web_kills: int = 4


SHORT = Scale()
LONG = Scale(
    readers=50_000,
    kills=60,
    cuts=60,
    restarts=10,
    away=90.0,
    stops=10,
    at_rate=6000,
    sign_ups=10_000,
    web_kills=50,
)

_COLUMNS = ("story", "faults", "mails", "sent", "unknown", "lost", "doubled", "remarks")


@dataclass
class Measurements:
    """One line for each story."""

    lines: list[tuple[Any, ...]] = field(default_factory=list)

    def note(self, story: str, faults: int, findings: Findings, remarks: str = "") -> None:
        states = findings.states
        self.lines.append(
            (
                *(story, faults, states.total(), states["sent"], states["unknown"]),
                *(len(findings.lost) + len(findings.unfinished), len(findings.doubled), remarks),
            )
        )

    def table(self) -> str:
        rows = [_COLUMNS, *[tuple(str(value) for value in line) for line in self.lines]]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if column in {0, 7} else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )
