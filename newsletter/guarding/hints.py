"""What a visitor probably meant who mistyped the domain of a large mail service.

The page asks, and takes what he says: there may be a mailbox at the odd name.
"""

from functools import lru_cache

DOMAINS = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.fr",
    "yahoo.de",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.fr",
    "hotmail.es",
    "outlook.com",
    "live.com",
    "msn.com",
    "icloud.com",
    "me.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.de",
    "gmx.net",
    "gmx.at",
    "web.de",
    "t-online.de",
    "freenet.de",
    "posteo.de",
    "mailbox.org",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "laposte.net",
    "telefonica.net",
    "comcast.net",
    "fastmail.com",
    "zoho.com",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "qq.com",
    "163.com",
)
"""Where most readers' mailboxes are."""
_NEIGHBOURS = frozenset(
    {"ymail.com", "email.com", "gmx.com", "gmx.ch", "mail.de", "mac.com", "hotmail.se"}
)
"""True services with a name as if mistyped."""
_SHORTEST = 8
"""Characters: shorter names are too near to each other to guess between them."""


def meant(email: str) -> str:
    """Return the address with the domain that was probably meant; nothing if there is no doubt."""
    local, _, domain = email.rpartition("@")
    found = _meant_domain(domain.lower())
    return f"{local}@{found}" if found else ""


@lru_cache(maxsize=1000)
def _meant_domain(domain: str) -> str:
    if domain in DOMAINS or domain in _NEIGHBOURS or len(domain) < _SHORTEST:
        return ""
    near = [known for known in DOMAINS if len(known) > _SHORTEST and is_one_slip(domain, known)]
    return near[0] if near else ""


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether one slip leads from one to the other: a letter more, less, other, or two swapped."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b),
        min(len(typed), len(meant)),
    )
    rest, wanted = typed[start:], meant[start:]
    swapped = rest[1::-1] + rest[2:] if len(rest) > 1 else rest
    return wanted in {swapped} or rest[1:] in {wanted, wanted[1:]} or rest == wanted[1:]
