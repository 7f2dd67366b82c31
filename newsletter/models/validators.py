"""What the texts of an editor may hold, so that every one of them can be mailed."""

import re
import unicodedata

from django.core.exceptions import ValidationError

_NOT_ONE_LINE = {"Cc", "Cs", "Zl", "Zp"}
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def one_line(value: str) -> None:
    """Refuse line breaks, control characters and surrogates in a header's text."""
    if any(unicodedata.category(character) in _NOT_ONE_LINE for character in value):
        raise ValidationError("This is one line of text, without control characters.")


def text(value: str) -> None:
    """Refuse control characters other than line breaks and tabs, and surrogates."""
    if _NOT_TEXT.search(value):
        raise ValidationError("The text has a control character; remove it.")


def ascii_address(value: str) -> None:
    """Refuse a sender outside ASCII: no server has to accept it (RFC 6531)."""
    if not value.isascii():
        raise ValidationError("Write the address in ASCII; a domain in its xn-- form.")
