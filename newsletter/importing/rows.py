"""A record of the file as the row that would be stored, written for COPY."""

import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from newsletter import cells
from newsletter.importing import columns, fields
from newsletter.importing.choices import Choices
from newsletter.models import Import, ImportFault, Subscription
from newsletter.models.suppressions import digest_keys

Status = Subscription.Status

COPY = """
COPY newsletter_importrow
    (batch_id, key, line, email, name, status, language, source, tags, attributes,
     subscribed_at, confirmed_at, unsubscribed_at, digests)
FROM STDIN
"""
NULL = "\\N"
_ESCAPED = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
_SHOWN = 200
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
_CONFIRMED, _BOUNCED, _UNSUBSCRIBED = map(
    str, (Status.CONFIRMED, Status.BOUNCED, Status.UNSUBSCRIBED)
)

_Read = Callable[[str], object]
"""Makes a value of a cell; raises ValueError."""


class Fault(Exception):
    """A record that cannot be taken: in which column, what stands there, and why."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value[:_SHOWN], reason

    def of(self, batch: Import, line: int) -> ImportFault:
        return ImportFault(
            batch=batch, line=line, column=self.column, value=self.value, reason=self.reason
        )


class RowMaker:
    """Makes rows of records, by the choices of one import."""

    def __init__(
        self, batch: int, names: list[str], choices: Choices, latest: datetime, source: str
    ) -> None:
        self._batch, self._names, self._choices = str(batch), names, choices
        self._latest = latest
        # A file of ours says itself where each came from; an empty cell means: not known.
        self._source = "" if choices.is_own_export else source
        self._keys = digest_keys()
        self._email = choices.mapping.index(columns.EMAIL)
        self._own_tags = tuple(dict.fromkeys(choices.tags))
        self._columns = [
            (number, *column)
            for number, target in enumerate(choices.mapping)
            if (column := self._column(names[number], target))
        ]

    def _column(self, name: str, target: str) -> tuple[str, _Read, bool] | None:
        """Return what a cell is kept as, how it is read, and whether it is an attribute."""
        if target in _READERS:
            return target, _READERS[target], False
        if target.startswith(columns.ATTRIBUTE):
            return target.partition(":")[2] or name, fields.attribute, True
        if target == columns.TAGS:
            only_commas = self._choices.is_own_export
            return target, partial(fields.tags, only_commas=only_commas), False
        is_telling = target in columns.TELLING
        if target == columns.LEFT_OUT or (is_telling and not self._choices.takes_status):
            return None
        return target, _TELLING.get(target, self._read_time), False

    def _read_time(self, cell: str) -> datetime:
        return fields.time(cell, self._latest)

    def make(self, line: int, record: list[str]) -> str:
        """Return the line of COPY; raise Fault."""
        if len(record) != len(self._names):
            record = self._fitted(record)
        found: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        for number, key, read, is_attribute in self._columns:
            cell = record[number]
            if not cell or cell.isspace():
                continue
            if cell[0] == "'":
                cell = cells.unescape(cell)
            try:
                (attributes if is_attribute else found)[key] = read(cell)
            except ValueError as error:
                raise Fault(self._names[number], cell, str(error)) from None
        if columns.EMAIL not in found:
            raise Fault(self._names[self._email], "", "An e-mail address is needed.")
        if columns.NAME not in found:
            found[columns.NAME] = _joined_name(found)
        return self._written(line, found, attributes)

    def _fitted(self, record: list[str]) -> list[str]:
        """Take a row without its last cells, as spreadsheets write it, or with blank ones more."""
        width = len(self._names)
        if any(map(str.strip, record[width:])):
            reason = f"The row has more cells than the {width} columns."
            raise Fault("", "", reason)
        return [*record[:width], *[""] * (width - len(record))]

    def _written(self, line: int, found: dict[str, Any], attributes: dict[str, Any]) -> str:
        email: str = found[columns.EMAIL]
        key = email.lower()
        octets = key.encode()
        digests = ",".join([hmac.digest(own, octets, "sha256").hex() for own in self._keys])
        tags = found.get(columns.TAGS)
        tags = tuple(dict.fromkeys([*tags, *self._own_tags])) if tags else self._own_tags
        status = _status(found)
        left_at = found.get(columns.UNSUBSCRIBED_AT) or found.get(columns.BOUNCED_AT)
        return "\t".join(
            (
                self._batch,
                key,
                str(line),
                email,
                _escaped(found[columns.NAME]),
                status,
                found.get(columns.LANGUAGE, ""),
                _escaped(found.get(columns.SOURCE, self._source)),
                _array(tags) if tags else "{}",
                _escaped(_json(found, attributes)),
                _time(found.get(columns.SUBSCRIBED_AT)),
                _time(found.get(columns.CONFIRMED_AT)),
                _time(left_at),
                f"{{{digests}}}\n",
            )
        )


_READERS: dict[str, _Read] = {
    columns.EMAIL: fields.address,
    columns.NAME: fields.name,
    columns.FIRST_NAME: fields.name,
    columns.LAST_NAME: fields.name,
    columns.LANGUAGE: fields.language,
    columns.SOURCE: fields.source,
    columns.ATTRIBUTES: lambda cell: (cell, fields.attributes(cell)),
}
_TELLING: dict[str, _Read] = {columns.STATUS: fields.status, columns.IS_OFF: fields.is_true}


def _status(found: dict[str, Any]) -> str:
    """Return what the row says of its reader: by a word, else by when he left or bounced."""
    if columns.STATUS in found:
        return str(found[columns.STATUS])
    if columns.BOUNCED_AT in found:
        return _BOUNCED
    if columns.UNSUBSCRIBED_AT in found or found.get(columns.IS_OFF):
        return _UNSUBSCRIBED
    return _CONFIRMED


def _json(found: dict[str, Any], attributes: dict[str, Any]) -> str:
    """Return the attributes; what came as JSON goes on as it came, with every digit."""
    text: str
    text, together = found.get(columns.ATTRIBUTES, ("{}", {}))
    if attributes and together:  # of a key that stands twice the last value counts
        return f"{text.rstrip()[:-1]},{_AS_JSON(attributes)[1:]}"
    return _AS_JSON(attributes) if attributes else text


def _joined_name(found: dict[str, Any]) -> str:
    joined = " ".join(filter(None, map(found.get, (columns.FIRST_NAME, columns.LAST_NAME))))
    try:
        return fields.name(joined)
    except ValueError as error:
        raise Fault(columns.FIELDS[columns.NAME], joined, str(error)) from None


def _escaped(text: str) -> str:
    """Write a value as COPY's text format has it."""
    if _TO_ESCAPE.search(text):
        return _TO_ESCAPE.sub(lambda found: _ESCAPED[found[0]], text)
    return text


@lru_cache(maxsize=1000)
def _array(texts: tuple[str, ...]) -> str:
    quoted = (f'"{_quoted(text)}"' for text in texts)
    return _escaped(f"{{{','.join(quoted)}}}")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _time(time: datetime | None) -> str:
    return NULL if time is None else time.isoformat()
