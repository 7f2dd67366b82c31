"""Lists of other people's web addresses, one a line, as an editor writes them."""

import re

from django.core.exceptions import ValidationError

_SITE = r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?"
_ORIGIN = re.compile(_SITE)
# The rest is what is seen in ASCII, but no backslash, which browsers take for a slash.
_ADDRESS = re.compile(rf"({_SITE})([/?#][!-\[\]-~]*)?")


def lines(value: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in value.splitlines() if line.strip()]


def addresses(value: str) -> None:
    """Refuse a line that is no whole address such as https://example.org/thanks.

    User names, names outside ASCII and what browsers read in two ways are none.
    """
    for line in lines(value):
        if not _ADDRESS.fullmatch(line):
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


def origin(address: str) -> str:
    """Return the site of an address that has passed `addresses`; of another, nothing."""
    found = _ADDRESS.fullmatch(address)
    return found[1] if found else ""
