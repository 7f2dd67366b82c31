"""Which e-mail addresses are taken, and in what form they are stored."""

import re
import unicodedata
from functools import lru_cache

from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from newsletter import characters

MAX_LENGTH = 254
"""RFC 5321, 4.5.3.1.3, as corrected by erratum 1690 of RFC 3696."""

_LOCAL_LENGTH = 64
"""RFC 5321, 4.5.3.1.1."""
_PLAIN = re.compile(r"[A-Za-z0-9]+([._+-][A-Za-z0-9]+)*")
"""What nearly all local parts are, a simple dot-atom: about them there is no question."""


class InvalidAddress(ValueError):
    """The text is no address that mail can be sent to; the message is the sentence to show."""


def parse_address(text: str) -> str:
    """Return the address as it is stored: as typed, its domain in ASCII; raise InvalidAddress.

    Taken are dot-atoms (RFC 5322, 3.2.3) of at most 64 characters at a domain with a dot. Quoted
    local parts, IP literals, local parts outside ASCII (RFC 6531) and lists are refused. Nothing is
    looked up in the DNS.
    """
    address = text.strip()
    if len(address) > MAX_LENGTH:
        raise InvalidAddress(
            _("An e-mail address has at most %(limit)d characters.") % {"limit": MAX_LENGTH}
        )
    if not characters.is_safe(text):
        raise InvalidAddress(_("An e-mail address has no control or invisible characters."))
    if not address:
        raise InvalidAddress(_("An e-mail address is needed."))
    local, _at, domain = address.rpartition("@")
    if len(local) <= _LOCAL_LENGTH and _PLAIN.fullmatch(local) and _is_taken(domain):
        return address
    try:
        valid = _validated(address)
    except EmailNotValidError as error:
        raise _not_an_address() from error
    if "." not in valid.ascii_domain:
        raise _not_an_address()
    if domain.isascii():
        return address
    if not _is_plainly_written(domain, valid.domain):
        raise _not_an_address()
    return f"{local}@{valid.ascii_domain}"


@lru_cache(maxsize=10_000)
def _is_taken(domain: str) -> bool:
    """Whether a domain is taken as it is written; few domains have most of the readers."""
    try:
        valid = _validated(f"postmaster@{domain}")
    except EmailNotValidError:
        return False
    return domain.isascii() and "." in valid.ascii_domain


def _validated(address: str) -> ValidatedEmail:
    # `test_environment` allows the domain .test, which RFC 6761 reserves and nobody else has.
    return validate_email(
        address,
        allow_smtputf8=False,
        strict=True,
        check_deliverability=False,
        test_environment=True,
    )


def _is_plainly_written(domain: str, understood: str) -> bool:
    """Whether an international domain means what it looks like.

    UTS #46 turns full-width letters, the Kelvin sign or an ideographic full stop into ASCII, so
    that a text which looks unlike an address would be stored as somebody's.
    """
    return unicodedata.is_normalized("NFKC", domain) and domain.lower() == understood


def _not_an_address() -> InvalidAddress:
    return InvalidAddress(_("This is not an e-mail address such as name@example.org."))
