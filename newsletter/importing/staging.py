"""The first pass: the file's records become rows of the database, some thousands at a time."""

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import islice

from django.db import connection
from django.utils import timezone

from newsletter.importing.choices import Choices
from newsletter.importing.errors import UnreadableFile
from newsletter.importing.layouts import Layout
from newsletter.importing.records import MAX_BROKEN, Place, Records
from newsletter.importing.rows import COPY, Fault, RowMaker
from newsletter.importing.streams import Stream
from newsletter.models import Import, ImportFault, ImportPart

RECORDS = 20_000
"""Records of one step: well under a second of work."""

MAX_FAULTS = 100_000
"""Faults that are kept one by one; beyond, they are only counted."""

_CLOCKS = timedelta(hours=1)
"""By how much another program's clock may be fast."""


def read_some(batch: Import) -> bool:
    """Read on where the last step ended; return whether the file is read to its end."""
    if not batch.read_bytes:
        _forget_earlier_choices(batch)
    layout, choices = Layout(**batch.layout), Choices(**batch.choices)
    latest = timezone.now() + _CLOCKS
    maker = RowMaker(batch.pk, layout.columns, choices, latest, batch.source)
    place = Place(batch.read_bytes, batch.read_lines) if batch.read_bytes else layout.first
    faults: list[ImportFault] = []
    seen = 0
    with Stream(COPY) as stream:
        parts = partial(ImportPart.octets, batch.pk)
        records = Records(lambda at: stream.between(parts(at)), layout.dialect, place)
        for line, record in islice(records, RECORDS):
            seen += 1
            if record is None:
                faults.append(ImportFault(batch=batch, line=line, reason=records.fault))
            elif any(record):
                try:
                    stream.write(maker.make(line, record))
                except Fault as fault:
                    faults.append(fault.of(batch, line))
    _count(batch, stream.written, faults)
    batch.read_bytes, batch.read_lines = records.place.offset, records.place.line
    broken = batch.counts["broken"] = batch.counts.get("broken", 0) + records.broken
    if broken > MAX_BROKEN:
        raise UnreadableFile(f"Too many lines have broken quotation marks, up to line {line}.")
    return seen < RECORDS


def _forget_earlier_choices(batch: Import) -> None:
    # Not by the ORM, which may fetch what it deletes.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM newsletter_importrow WHERE batch_id = %s", [batch.pk])
        cursor.execute("DELETE FROM newsletter_importfault WHERE batch_id = %s", [batch.pk])


def _count(batch: Import, taken: int, faults: list[ImportFault]) -> None:
    """Add up, and keep the faults."""
    counts = batch.counts
    counts["taken"] = counts.get("taken", 0) + taken
    invalid = Counter(counts.get("invalid", {}))
    kept = max(MAX_FAULTS - invalid.total(), 0)
    ImportFault.objects.bulk_create(faults[:kept], batch_size=5000)
    invalid.update(fault.reason for fault in faults)
    counts["invalid"] = dict(invalid)
