"""What an editor may write for each reader: ``{name}``, ``{city|your town}``. It is no language.

A field is a word in single braces, with or without what stands there for a reader who has none.
Nothing is evaluated: the braces of template languages and of code (``{{ x }}``, ``${x}``,
``{ x }``) are text. A backslash before the brace makes text of a field, as elsewhere in Markdown.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OWN = ("name", "email")
"""What every reader has a column for; any other field is one of his attributes."""
MOST = 200
"""Different fields of one mail; braces beyond are text, and the check before sending says so."""

PATTERN = re.compile(
    r"(?<![{$#%\\])\{([A-Za-z][A-Za-z0-9_]{0,49})(?:\|([^{}|\r\n]{0,200}))?\}(?!\})"
)

_BLANKED = {"Cc", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    fallback: str | None = None
    """For a reader who has none; None where the editor did not think of him."""

    def __str__(self) -> str:
        return f"{{{self.name}}}" if self.fallback is None else f"{{{self.name}|{self.fallback}}}"

    def value(self, reader: Mapping[str, object]) -> str:
        """Return the reader's own as one line of text, else the fallback, else nothing."""
        own = reader.get(self.name)
        told = _one_line(str(own)) if isinstance(own, str | int | float) else ""
        return told or _one_line(self.fallback or "")


def field_of(found: re.Match[str]) -> Field:
    fallback = found[2]
    return Field(found[1], None if fallback is None else fallback.strip())


def fields_of(text: str) -> Iterator[Field]:
    """Yield the fields of one line of text, in order and as often as they are written."""
    return map(field_of, PATTERN.finditer(text))


def filled(text: str, reader: Mapping[str, object]) -> str:
    """Return one line of text as this reader gets it; an empty reader gets the fallbacks."""
    return " ".join(PATTERN.sub(lambda found: field_of(found).value(reader), text).split())


class Places:
    """The fields of one mail, each with a word that keeps its place until a reader is known.

    A word is random and of letters and digits, so that no editor can write it and no encoding
    changes it.
    """

    def __init__(self) -> None:
        self.stem = f"f{secrets.token_hex(8)}"
        self.fields: list[Field] = []

    def word(self, field: Field) -> str:
        """Return the word for a field; the text that it is written as when there are too many."""
        if field not in self.fields:
            if len(self.fields) == MOST:
                return str(field)
            self.fields.append(field)
        return f"{self.stem}{self.fields.index(field):03d}"

    def kept(self, text: str) -> str:
        """Return one line of text with words in the place of its fields."""
        return PATTERN.sub(lambda found: self.word(field_of(found)), text)

    def split(self, text: str) -> list[str | Field]:
        """Return text in which words stand as its literal pieces and fields, in order."""
        pieces = re.split(rf"{self.stem}(\d{{3}})", text)
        return [
            self.fields[int(piece)] if position % 2 else piece
            for position, piece in enumerate(pieces)
        ]


def _one_line(text: str) -> str:
    """Return text without what would break a line or a header: controls become spaces."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (" " if unicodedata.category(letter) in _BLANKED else letter for letter in text)
    return " ".join("".join(kept).split())
