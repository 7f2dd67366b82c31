"""What a reader may call himself."""

import unicodedata

from django.utils.translation import gettext as _

from newsletter import characters

MAX_LENGTH = 256
"""As a reader counts: a letter and its accents are one."""
MAX_CODE_POINTS = 1024
"""So that no letter carries accents without end; the column's width."""
FORBIDDEN = frozenset('/()"<>\\{}')


class InvalidName(ValueError):
    """The text is no name; the message is the sentence to show."""


def parse_name(text: str) -> str:
    """Return a name trimmed and in NFC; raise InvalidName."""
    if len(text) > 2 * MAX_CODE_POINTS:
        raise _too_long()
    if not characters.is_safe(text):
        raise InvalidName(_("A name has no control or invisible characters."))
    name = unicodedata.normalize("NFC", text.strip())
    if not name:
        raise InvalidName(_("A name is needed."))
    if not FORBIDDEN.isdisjoint(name):
        raise InvalidName(_('A name has none of the characters / ( ) " < > \\ { }.'))
    if _length(name) > MAX_LENGTH or len(name) > MAX_CODE_POINTS:
        raise _too_long()
    return name


def _too_long() -> InvalidName:
    return InvalidName(_("A name has at most %(limit)d characters.") % {"limit": MAX_LENGTH})


def _length(name: str) -> int:
    """Count the characters that start a grapheme: all but the combining marks (UAX #29)."""
    return sum(not unicodedata.category(character).startswith("M") for character in name)
