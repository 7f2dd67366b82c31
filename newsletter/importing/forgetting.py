"""What an import still holds of somebody who is erased: rows, faults, and a line of its file.

An import that is under way ends by itself, brings nobody back who was erased, and leaves nothing;
one that waits for a decision does so for a week.
"""

import re
from collections.abc import Iterator

from django.db import transaction

from newsletter.importing.layouts import Layout
from newsletter.importing.records import MAX_LINE
from newsletter.importing.steps import UNDECIDED
from newsletter.models import Import, ImportFault, ImportPart, ImportRow

_LONGEST_ADDRESS = 254
_NOT_STRUCTURE = re.compile(rb'[^",;|\t\r\n]')
"""What is overwritten of a line: its cells stay as many, and as long, as they were."""


def forget_address(email: str) -> None:
    """Remove an address from all imports, with what stands in its line of a file."""
    with transaction.atomic():
        ImportRow.objects.filter(key=email.lower()).delete()
        faults = ImportFault.objects.filter(value__icontains=email)
        wanted = _wanted(email, "utf-8")
        named = [fault.pk for fault in faults if wanted.search(fault.value.encode())]
        ImportFault.objects.filter(pk__in=named).delete()
        for batch in Import.objects.select_for_update(no_key=True).filter(state__in=UNDECIDED):
            _forget_line(batch, email)


def _wanted(email: str, encoding: str) -> re.Pattern[bytes]:
    """Find an address, and no longer one that ends or begins with it."""
    address = re.escape(email.encode(encoding, "replace"))
    return re.compile(rb"(?<![\w.+%%-])%b(?![\w-]|\.\w)" % address, re.IGNORECASE)


def _forget_line(batch: Import, email: str) -> None:
    layout = Layout(**batch.layout)
    wanted = _wanted(email, layout.dialect.encoding)
    for start, stop in _lines_with(wanted, batch.pk, layout.dialect.line_end):
        _overwrite(batch.pk, start, stop)
    named = _wanted(email, "utf-8")
    kept = [row for row in layout.samples if not named.search("\n".join(row).encode())]
    if kept != layout.samples:
        batch.layout["samples"] = kept
        batch.save(update_fields=["layout"])


def _lines_with(
    wanted: re.Pattern[bytes], batch: int, line_end: bytes
) -> Iterator[tuple[int, int]]:
    """Yield where each line of a file begins and ends that has what is wanted."""
    rest, offset = b"", 0
    for octets in ImportPart.octets(batch, 0):
        window = rest + octets
        for found in wanted.finditer(window):
            at = offset - len(rest) + found.start()
            begin = max(0, at - MAX_LINE)
            around = _octets(batch, begin, at + MAX_LINE)
            start = around.rfind(line_end, 0, at - begin) + 1
            stop = around.find(line_end, at - begin)
            stop = len(around) if stop < 0 else stop
            # At an edge of the window it may have been half of another address.
            if wanted.search(around, start, stop):
                yield begin + start, begin + stop
        rest, offset = window[-_LONGEST_ADDRESS:], offset + len(octets)


def _octets(batch: int, start: int, stop: int) -> bytes:
    found = b""
    for octets in ImportPart.octets(batch, start):
        found += octets
        if len(found) >= stop - start:
            break
    return found[: stop - start]


def _overwrite(batch: int, start: int, stop: int) -> None:
    size = ImportPart.PART_BYTES
    line = _NOT_STRUCTURE.sub(b"x", _octets(batch, start, stop))
    for number in range(start // size, (stop - 1) // size + 1):
        part = ImportPart.objects.get(batch=batch, number=number)
        octets = bytearray(part.content)
        first, last = max(start - number * size, 0), min(stop - number * size, len(octets))
        octets[first:last] = line[first + number * size - start : last + number * size - start]
        ImportPart.objects.filter(batch=batch, number=number).update(content=bytes(octets))
