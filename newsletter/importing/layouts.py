"""How a file is laid out: its encoding, what stands between cells, how columns are called."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from newsletter import addresses
from newsletter.importing import encodings
from newsletter.importing.errors import UnreadableFile
from newsletter.importing.records import Bytes, Dialect, Place, Records

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MAX_COLUMNS = 200
SAMPLE_ROWS = 5
_HEAD_BYTES = 256 * 1024
_HEAD_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Kept as JSON beside the import; see `Import.layout`."""

    encoding: str
    delimiter: str
    line_end: str
    begins_at: int
    begins_after: int
    columns: list[str]
    samples: list[list[str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def dialect(self) -> Dialect:
        is_kept_as_is = self.encoding == encodings.WINDOWS_1252
        return Dialect(
            self.delimiter,
            self.line_end.encode(),
            encodings.WINDOWS_1252 if is_kept_as_is else encodings.UTF_8,
        )

    @property
    def first(self) -> Place:
        """Where the first row of readers begins."""
        return Place(self.begins_at, self.begins_after)

    def __str__(self) -> str:
        return f"{self.encoding}, {DELIMITERS[self.delimiter]}, {len(self.columns)} columns"


def find_layout(octets: Bytes, encoding: str) -> Layout:
    """Look at the beginning of a file; raise UnreadableFile if no readers can be in it."""
    head = b"".join(_up_to(octets(0), _HEAD_BYTES))
    if not head.strip():
        raise UnreadableFile("The file is empty.")
    line_end = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    kept = encodings.WINDOWS_1252 if encoding == encodings.WINDOWS_1252 else encodings.UTF_8
    start = Place()
    delimiter = _stated_delimiter(head)
    if delimiter:
        start = Place(head.index(line_end) + 1, 1)
    else:
        delimiter = _likely_delimiter(octets, line_end, kept)
    records = Records(octets, Dialect(delimiter, line_end, kept), start)
    header = _first(records)
    if _has_address(header):
        columns = [f"Column {number}" for number in range(1, len(header) + 1)]
        return Layout(
            encoding,
            delimiter,
            line_end.decode(),
            start.offset,
            start.line,
            columns,
            [header, *_samples(records, SAMPLE_ROWS - 1)],
        )
    place = records.place
    layout = Layout(
        encoding, delimiter, line_end.decode(), place.offset, place.line, _named(header)
    )
    samples = _samples(records, SAMPLE_ROWS)
    if not samples:
        raise UnreadableFile("The file has a line of column names and no readers below it.")
    return Layout(**(layout.as_json() | {"samples": samples}))


def _up_to(pieces: Iterable[bytes], limit: int) -> Iterable[bytes]:
    taken = 0
    for piece in pieces:
        yield piece[: limit - taken]
        taken += len(piece)
        if taken >= limit:
            return


def _stated_delimiter(head: bytes) -> str:
    """Return what the first line says, as Excel has it: ``sep=;``."""
    first = head[:8].partition(b"\n")[0].rstrip(b"\r").decode("latin-1")
    is_stated = first[:4].lower() == "sep=" and first[4:] in DELIMITERS
    return first[4:] if is_stated else ""


def _likely_delimiter(octets: Bytes, line_end: bytes, encoding: str) -> str:
    """Choose what splits the first records into the most columns, alike in all of them."""

    def score(delimiter: str) -> tuple[int, int]:
        records = Records(octets, Dialect(delimiter, line_end, encoding), Place())
        widths = []
        for _, cells in records:
            if cells:
                widths.append(len(cells))
            if len(widths) == _HEAD_RECORDS or records.broken > _HEAD_RECORDS:
                break
        if not widths or widths[0] == 1:
            return (0, 0)
        return (sum(width == widths[0] for width in widths), widths[0])

    return max(DELIMITERS, key=score)


def _first(records: Records) -> list[str]:
    for line, cells in records:
        if cells is None:
            raise UnreadableFile(f"Line {line}, which names the columns: {records.fault}")
        if any(cell.strip() for cell in cells):
            if len(cells) > MAX_COLUMNS:
                raise UnreadableFile(f"The file has more than {MAX_COLUMNS} columns.")
            return [cell.strip() for cell in cells]
    raise UnreadableFile("The file is empty.")


def _samples(records: Records, number: int) -> list[list[str]]:
    found: list[list[str]] = []
    for _, cells in records:
        if cells and any(cells):
            found.append([_shortened(cell) for cell in cells[:MAX_COLUMNS]])
        if len(found) >= number or records.broken > _HEAD_RECORDS:
            break
    return found


def _shortened(cell: str) -> str:
    return cell if len(cell) <= 100 else f"{cell[:99]}…"


def _named(header: list[str]) -> list[str]:
    """Give each column a name of its own: a blank one its number, a second `Name` also."""
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = _shortened(cell.replace("\0", "")) or f"Column {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return names


def _has_address(cells: list[str]) -> bool:
    """Whether this is a reader already and no line of names."""
    for cell in cells:
        try:
            addresses.parse_address(cell)
        except addresses.InvalidAddress:
            continue
        return True
    return False
