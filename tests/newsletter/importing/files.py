"""Files to import, and an import from begin to end as a command or a worker does it."""

from collections.abc import Iterable
from typing import Any

from newsletter import importing
from newsletter.importing import Choices
from newsletter.models import Import, ImportFault, Newsletter
from newsletter.models.imports import UNDER_WAY
from tests.factories import default_newsletter

SOURCE = "Sign-ups of the old site, 2019 to 2024"


def keep(
    content: str | bytes,
    *,
    encoding: str = "",
    file_name: str = "readers.csv",
    newsletter: Newsletter | None = None,
) -> Import:
    octets = content if isinstance(content, bytes) else content.encode()
    batch = importing.begin(
        newsletter=newsletter or default_newsletter(), source=SOURCE, file_name=file_name
    )
    importing.keep_file(batch, in_pieces(octets), encoding=encoding)
    return batch


def choose(batch: Import, *, is_trial: bool = False, **chosen: Any) -> None:
    choices = Choices(**(batch.choices | chosen))
    importing.choose(import_id=batch.pk, choices=choices, is_trial=is_trial)


def work(batch: Import) -> Import:
    """Do all steps of an import."""
    while importing.step(only=batch.pk):
        pass
    batch.refresh_from_db()
    assert batch.state not in UNDER_WAY
    return batch


def import_file(content: str | bytes, **options: Any) -> Import:
    """Import a file by what was guessed of it, except what is said."""
    kept = {
        name: options.pop(name)
        for name in ("encoding", "file_name", "newsletter")
        if name in options
    }
    batch = keep(content, **kept)
    choose(batch, **options)
    return work(batch)


def check_file(content: str | bytes, **options: Any) -> Import:
    return import_file(content, is_trial=True, **options)


def fates(batch: Import) -> dict[str, int]:
    return {fate: number for fate, number in batch.counts.get("fates", {}).items() if number}


def faults(batch: Import) -> list[tuple[int, str, str]]:
    rows: Any = ImportFault.objects.filter(batch=batch).order_by("id")
    return [(fault.line, fault.column, fault.reason) for fault in rows]


def in_pieces(octets: bytes, size: int = 1000) -> Iterable[bytes]:
    """Yield a file as an upload comes, in pieces that end anywhere."""
    for start in range(0, len(octets), size):
        yield octets[start : start + size]
