"""The records of a CSV file, read from any place on and told where each begins.

A record may have several lines (RFC 4180: quoted line breaks). What is no record is told as well,
and reading goes on with the next line: a stray quotation mark must not swallow the rest.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

MAX_LINE = 1024 * 1024
"""Bytes of a line. No reader's row is nearly as long, and memory stays bounded."""

MAX_BROKEN = 1000
"""Records with broken quotation marks, after each of which its lines are read once more."""

TOO_LONG = "This line is longer than 1 MB."
BROKEN = "The quotation marks of this line cannot be understood."

Bytes = Callable[[int], Iterable[bytes]]
"""Gives the file's bytes from an offset on, in pieces."""


class TooLong(Exception):
    """A line is longer than MAX_LINE; it is passed over."""


@dataclass(frozen=True, slots=True)
class Dialect:
    delimiter: str = ","
    line_end: bytes = b"\n"
    encoding: str = "utf-8"


@dataclass(slots=True)
class Place:
    """A place between two records: bytes and lines before it."""

    offset: int = 0
    line: int = 0


class Lines:
    """The file's lines as text, counted by `place`."""

    def __init__(self, pieces: Iterable[bytes], dialect: Dialect, place: Place) -> None:
        self._pieces = iter(pieces)
        self._end = dialect.line_end
        self._encoding = dialect.encoding
        self.offset, self.line = place.offset, place.line
        self._passed_over = 0
        self._raw = self._split()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        octets = next(self._raw)
        self.offset += len(octets)
        self.line += 1
        if len(octets) > MAX_LINE:
            self.offset += self._passed_over
            self._passed_over = 0
            raise TooLong
        text = octets.decode(self._encoding, "replace")
        return text if self._end == b"\n" else f"{text[:-1]}\n"

    def _split(self) -> Iterator[bytes]:
        """Yield lines with their ends. Of one that is too long, only its beginning is held."""
        rest = b""
        for piece in self._pieces:
            *whole, rest_of_piece = piece.split(self._end)
            if not whole:
                rest += rest_of_piece
                self._passed_over += max(len(rest) - MAX_LINE - 1, 0)
                rest = rest[: MAX_LINE + 1]
                continue
            yield rest + whole[0] + self._end
            for line in whole[1:]:
                yield line + self._end
            rest = rest_of_piece
        if rest:
            yield rest


class Records:
    """Iterates over (line, cells); cells is None for what is no record, and `fault` says why."""

    def __init__(self, octets: Bytes, dialect: Dialect, place: Place) -> None:
        self._octets, self._dialect = octets, dialect
        self.place = Place(place.offset, place.line)
        """Before the next record."""
        self.fault = ""
        self.broken = 0
        self._lines, self._reader = self._open(self.place)

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        return self

    def __next__(self) -> tuple[int, list[str] | None]:
        lines, place = self._lines, self.place
        begins = place.line + 1
        try:
            cells = next(self._reader)
        except TooLong:
            self.fault = TOO_LONG
        except csv.Error:
            self.fault, self.broken = BROKEN, self.broken + 1
            self._lines, self._reader = self._open(place)
            self._pass_over_line()
        else:
            place.offset, place.line = lines.offset, lines.line
            return begins, cells
        place.offset, place.line = self._lines.offset, self._lines.line
        self._reader = self._read(self._lines)
        return begins, None

    def _open(self, place: Place) -> tuple[Lines, Iterator[list[str]]]:
        lines = Lines(self._octets(place.offset), self._dialect, place)
        return lines, self._read(lines)

    def _read(self, lines: Lines) -> Iterator[list[str]]:
        # strict: a quotation mark that is never closed is an error, not a cell to the file's end.
        return csv.reader(lines, delimiter=self._dialect.delimiter, strict=True)

    def _pass_over_line(self) -> None:
        with suppress(TooLong):
            next(self._lines)
