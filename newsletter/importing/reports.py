"""What an import says of itself: numbers that add up, and the list of what was wrong."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from newsletter import cells
from newsletter.importing.merging import FATES
from newsletter.importing.undoing import KEPT
from newsletter.models import Import, ImportFault

FAULT_COLUMNS = ("line", "column", "value", "reason")
State = Import.State


@dataclass(frozen=True, slots=True)
class Report:
    """Rows = invalid + merged + the fates of the addresses, as soon as all of them are known."""

    invalid: list[tuple[int, str]]
    taken: int
    done: int
    fates: list[tuple[str, int, str]]
    removed: int
    kept: list[tuple[int, str]]

    @property
    def rows(self) -> int:
        return self.taken + self.faults

    @property
    def faults(self) -> int:
        return sum(number for number, _ in self.invalid)

    @property
    def merged(self) -> int:
        return max(self.done - sum(number for _, number, _ in self.fates), 0)


def report(batch: Import) -> Report:
    counts = batch.counts
    fates: dict[str, int] = counts.get("fates", {})
    done, taken = counts.get("done", 0), counts.get("taken", 0)
    if batch.state in {State.CHECKED, State.DONE} and done < taken:
        # Rows that were taken and are not there any more: `forgetting` has removed them.
        fates, done = {**fates, "erased": taken - done}, taken
    invalid: dict[str, int] = counts.get("invalid", {})
    kept: dict[str, int] = counts.get("kept", {})
    by_number = sorted(invalid.items(), key=lambda item: -item[1])
    return Report(
        invalid=[(number, reason) for reason, number in by_number],
        taken=taken,
        done=0 if batch.state in {State.UNDOING, State.UNDONE} else done,
        fates=[(fate, fates[fate], words) for fate, words in FATES.items() if fate in fates],
        removed=counts.get("removed", 0),
        kept=[(kept[reason], words) for reason, words in KEPT.items() if reason in kept],
    )


def progress(batch: Import) -> tuple[int, int, str]:
    """Return how much of how much is done, and of what."""
    if batch.state == State.READING:
        return batch.read_bytes, batch.size, "bytes read"
    counts = batch.counts
    if batch.state == State.UNDOING:
        fates: dict[str, int] = counts.get("fates", {})
        made = sum(fates.get(fate, 0) for fate in ("new", "waiting", "kept_out"))
        return counts.get("done", 0), made, "readers looked at"
    word = "checked" if batch.state == State.CHECKING else "imported"
    return counts.get("done", 0), counts.get("taken", 0), f"rows {word}"


def faults_as_csv(batch: Import) -> Iterator[str]:
    """Yield the list of faults as a CSV file, in the order of the lines."""
    yield _line(FAULT_COLUMNS)
    faults = ImportFault.objects.filter(batch=batch).order_by("id")
    for fault in faults.iterator(chunk_size=2000):
        texts = (fault.column, fault.value, fault.reason)
        yield _line((str(fault.line), *map(cells.escape, texts)))


def _line(row: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line).writerow(row)
    return line.getvalue()
