"""What a cell means: an address, a name, a status, a time, tags, attributes.

An address and a name follow the rules of the sign-up. Each function raises ValueError with the
sentence that stands in the report.
"""

import csv
import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any

from newsletter import addresses, characters, names
from newsletter.importing.choices import MAX_TAG, MAX_TAGS, is_tag
from newsletter.models import Subscription

Status = Subscription.Status

LONGEST_ATTRIBUTE = 10_000
DEEPEST_ATTRIBUTE = 100
"""Levels. To read or write JSON takes Python's stack: of 900 levels an import could be made, and
no page of the admin that showed the reader."""
LONGEST_SOURCE = 200

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9]|-(?!-)){0,61}"
_PLAIN_ADDRESS = re.compile(
    rf"(?=[^@]{{1,64}}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:{_LABEL}(?<!-)\.)+[A-Za-z]{{2,24}}"
)
_LONGEST_PLAIN = 100
_NOT_ORDINARY = frozenset(["arpa", "example", "invalid", "local", "localhost", "onion", "test"])
"""Top-level names about which email-validator has its own opinion (RFC 6761)."""

# Letters of Latin: each is one character in NFC, and none is one that is not seen.
_PLAIN_NAME = re.compile(rf"[ !#-'*-.0-;=?-\[\]-z|~À-ÖØ-öø-ɏ]{{1,{names.MAX_LENGTH}}}")

_STATUSES = {
    Status.CONFIRMED: "confirmed subscribed active enabled aktiv bestätigt angemeldet abonné actif "
    "activo suscrito attivo iscritto actief bekræftet aktywny",
    Status.PENDING_CONFIRMATION: "pending_confirmation pending unconfirmed unbestätigt",
    Status.UNSUBSCRIBED: "unsubscribed disabled inactive blocklisted blacklisted removed deleted "
    "archived optout opted-out abgemeldet inaktiv désabonné inactif inactivo inattivo disiscritto",
    Status.BOUNCED: "bounced cleaned undeliverable hardbounce bounce",
    Status.COMPLAINED: "complained complaint spam abuse",
}
_STATUS_OF = {word: str(status) for status, words in _STATUSES.items() for word in words.split()}

# Go writes a time so, and listmonk's export therefore: 2024-03-01 09:30:00.123456 +0100 CET
_GO_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)? ([+-]\d\d)(\d\d)(?: [A-Z+-]\S*)?")
_WITH_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: (\d\d:\d\d(?::\d\d)?))?")
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?", re.IGNORECASE)
_TRUE, _FALSE = {"true", "yes", "1", "t", "y"}, {"false", "no", "0", "f", "n", ""}
_NOT_STORED = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|\d[eE][+-]?\d{4}")
_NO_TAGS = f"There are at most {MAX_TAGS} tags, of at most {MAX_TAG} visible characters."
_NO_JSON = 'The attributes are a JSON object, such as {"city": "Oslo"}.'


def address(text: str) -> str:
    """Return what the sign-up would store; most addresses are decided by one expression."""
    if (
        len(text) <= _LONGEST_PLAIN
        and _PLAIN_ADDRESS.fullmatch(text)
        and text.rpartition(".")[2].lower() not in _NOT_ORDINARY
    ):
        return text
    return addresses.parse_address(text)


def name(text: str) -> str:
    """Return a name by the rules of the sign-up, but it may be missing."""
    if _PLAIN_NAME.fullmatch(text):
        return text.strip()
    return names.parse_name(text) if text.strip() else ""


def status(text: str) -> str:
    """Return the status that a word of any of several programs means."""
    found = _STATUS_OF.get(text.strip().lower().replace(" ", "").replace("-", ""))
    found = found or _STATUS_OF.get(text.strip().lower())
    if found is None:
        raise ValueError("This status is not known, such as confirmed or unsubscribed.")
    return found


def is_true(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("This is neither true nor false.")


def language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text.strip()):
        raise ValueError("A language is a code such as en or pt-BR.")
    return text.strip()


def source(text: str) -> str:
    if len(text) > LONGEST_SOURCE or not characters.is_safe(text):
        raise ValueError(f"The source has at most {LONGEST_SOURCE} characters that can be seen.")
    return text


def time(text: str, latest: datetime) -> datetime:
    """Return a time, UTC unless it says otherwise; a day alone begins at midnight."""
    try:
        found = _as_time(text.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("This is no date such as 2024-03-01 or 2024-03-01 09:30.") from None
    if not found.year >= 1970 or found > latest:
        raise ValueError("This date is in the future, or before 1970.")
    return found


def _as_time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(_in_iso(text))


def _in_iso(text: str) -> str:
    if found := _GO_TIME.fullmatch(text):
        return f"{found[1]}{(found[2] or '')[:7]}{found[3]}:{found[4]}"
    if found := _WITH_DOTS.fullmatch(text):
        day = f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
        return f"{day} {found[4]}" if found[4] else day
    return _LONG_FRACTION.sub(r"\1", text.replace("/", "-"))


@lru_cache(maxsize=1000)
def tags(text: str, *, only_commas: bool) -> tuple[str, ...]:
    """Return the tags of a cell: separated by commas, else by semicolons or bars, each once."""
    delimiter = ","
    if not only_commas and "," not in text:
        delimiter = ";" if ";" in text else "|"
    try:
        reader = csv.reader([text], delimiter=delimiter, skipinitialspace=True, strict=True)
        kept = tuple(dict.fromkeys(filter(None, map(str.strip, next(reader, [])))))
    except csv.Error:
        raise ValueError(_NO_TAGS) from None
    if len(kept) > MAX_TAGS or not all(map(is_tag, kept)):
        raise ValueError(_NO_TAGS)
    return kept


def attributes(text: str) -> dict[str, Any]:
    """Return the object that is written as JSON, if PostgreSQL can store it.

    It takes neither NUL nor half characters, nor numbers that no one would write out.
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:  # half a character may also be in a value that a later one replaces
            pairs = json.loads(text, object_pairs_hook=list)
            json.dumps(pairs, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError(_NO_JSON) from None
    if not isinstance(found, dict) or len(text) > LONGEST_ATTRIBUTE or _NOT_STORED.search(text):
        raise ValueError(_NO_JSON)
    if text.count("{") + text.count("[") > DEEPEST_ATTRIBUTE and _levels(found) > DEEPEST_ATTRIBUTE:
        raise ValueError(f"The attributes have at most {DEEPEST_ATTRIBUTE} levels.")
    return found


def _levels(value: Any) -> int:
    """Return how deep objects and lists are in each other, without Python's own stack."""
    levels, level = 0, [value]
    while containers := [one for one in level if isinstance(one, dict | list)]:
        levels += 1
        parts = (one.values() if isinstance(one, dict) else one for one in containers)
        level = list(chain.from_iterable(parts))
    return levels


def attribute(text: str) -> str:
    if len(text) > LONGEST_ATTRIBUTE:
        raise ValueError(f"An attribute has at most {LONGEST_ATTRIBUTE:,} characters.")
    return text


def _refuse(constant: str) -> None:
    raise ValueError(constant)
