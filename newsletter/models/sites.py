"""Lists of other people's web addresses, one a line, as an editor writes them."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

_PLAIN = re.compile(r"[!-\[\]-~]+")
"""What is seen in ASCII, but no backslash, which browsers take for a slash."""
_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


def lines(value: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in value.splitlines() if line.strip()]


def addresses(value: str) -> None:
    """Refuse a line that is no whole address such as https://example.org/thanks."""
    for line in lines(value):
        if not _is_address(line):
            raise ValidationError(
                "%(line)s is no address such as https://example.org/thanks.",
                params={"line": line[:100]},
            )


def origins(value: str) -> None:
    """Refuse a line that is no origin (RFC 6454) such as https://example.org."""
    for line in lines(value):
        if not _ORIGIN.fullmatch(line):
            raise ValidationError(
                "%(line)s is no site such as https://example.org: in lower case, without a path.",
                params={"line": line[:100]},
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        named = bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:  # a host or a port that is none
        return False
    return bool(named and parts.scheme in {"http", "https"} and _PLAIN.fullmatch(text))
