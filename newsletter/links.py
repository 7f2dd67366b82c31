"""The signed links of mails: who holds one has proved that he reads the mailbox.

A token is the subscription's id and an HMAC-SHA256 over it (``django.core.signing``), so nothing
secret is at rest, any process can make and check one, and keys rotate by SECRET_KEY_FALLBACKS.
All tokens of a purpose have the same length; `rendering.mime` relies on it.
"""

import base64
import binascii
import hmac
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from newsletter.models import Issue, Newsletter
from newsletter.models.newsletters import DEFAULT_SLUG

CONFIRMATION_LIFETIME = timedelta(days=7)
"""How long a confirmation link works. Unsubscribe links never expire (CAN-SPAM, RFC 8058)."""

ACCESS_LIFETIME = timedelta(hours=1)
"""How long the link works that shows what is stored of a reader, and lets him erase it."""

ADDRESS_LIFETIME = timedelta(days=1)
"""How long a new address can be confirmed."""

UNDO_LIFETIME = timedelta(minutes=15)
"""How long who has just left may take it back."""

NOBODY = UUID(int=0)
"""The subscription in the links of a test mail: the signature holds, and nobody is meant."""


class InvalidToken(Exception):
    """The token was not made here, was changed, or is too old."""


class ExpiredToken(InvalidToken):
    """The token was made here, for the row of this id, and is too old."""

    def __init__(self, row_id: UUID) -> None:
        super().__init__()
        self.row_id = row_id


def confirmation_token(subscription_id: UUID) -> str:
    return _dated("confirm", subscription_id)


def read_confirmation_token(token: str) -> tuple[UUID, datetime]:
    """Return the subscription's id and when the token was made, in whole seconds."""
    return _read_dated("confirm", token, CONFIRMATION_LIFETIME)


def access_token(subscription_id: UUID) -> str:
    return _dated("access", subscription_id)


def read_access_token(token: str) -> tuple[UUID, datetime]:
    """Return the subscription's id and when the token was made."""
    return _read_dated("access", token, ACCESS_LIFETIME)


def address_token(delivery_id: UUID) -> str:
    """Return the token of a mail to a new address: the mail's row has the address."""
    return _dated("address", delivery_id)


def read_address_token(token: str) -> UUID:
    """Return the delivery's id."""
    return _read_dated("address", token, ADDRESS_LIFETIME)[0]


def undo_token(subscription_id: UUID) -> str:
    return _dated("undo", subscription_id)


def read_undo_token(token: str) -> tuple[UUID, datetime]:
    """Return the subscription's id and when the reader left, or a little later."""
    return _read_dated("undo", token, UNDO_LIFETIME)


def unsubscribe_token(subscription_id: UUID) -> str:
    packed = _pack(subscription_id)
    mac = _unsubscribe_mac(settings.SECRET_KEY).copy()
    mac.update(packed.encode())
    return f"{packed}.{signing.b64_encode(mac.digest()).decode()}"


def read_unsubscribe_token(token: str) -> UUID:
    """Return the subscription's id."""
    if not _UNDATED.fullmatch(token):
        raise InvalidToken
    try:
        packed = signing.Signer(sep=".", salt=_UNSUBSCRIBE).unsign(token)
    except signing.BadSignature as error:
        raise InvalidToken from error
    return _unpack(packed)


def bounce_address(delivery_id: UUID) -> str:
    """Return the envelope sender of one mail, so that its bounce names it (VERP).

    The local part has 44 characters more than BOUNCE_ADDRESS's, of 64 (RFC 5321, 4.5.3.1.1), and
    survives a relay that changes its case.
    """
    local_part, domain = settings.BOUNCE_ADDRESS.split("@")
    packed = _base32(delivery_id.bytes)
    return f"{local_part}+{packed}.{_bounce_signature(packed, settings.SECRET_KEY)}@{domain}"


def read_bounce_address(address: str) -> UUID:
    """Return the delivery's id; raise InvalidToken for any other address."""
    found = _BOUNCE_ADDRESS.search(address.lower())
    if found is None:
        raise InvalidToken
    packed, signature = found.groups()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not any(constant_time_compare(signature, _bounce_signature(packed, key)) for key in keys):
        raise InvalidToken
    return UUID(bytes=base64.b32decode(f"{packed.upper()}======"))


def confirmation_url(token: str) -> str:
    return absolute(reverse("newsletter:confirm"), subscription_token=token)


def unsubscribe_url(token: str) -> str:
    return absolute(reverse("newsletter:unsubscribe"), token=token)


def preferences_url(token: str) -> str:
    """Return where a reader rests; its token is that of `unsubscribe_url`."""
    return absolute(reverse("newsletter:preferences"), token=token)


def access_url(token: str) -> str:
    return absolute(reverse("newsletter:mine"), token=token)


def address_url(token: str) -> str:
    return absolute(reverse("newsletter:new_address"), token=token)


def home_path(newsletter: Newsletter) -> str:
    """Return the address of a newsletter's sign-up; the default's is the first page."""
    return reverse("newsletter:home", kwargs=_place_of(newsletter))


def archive_path(newsletter: Newsletter) -> str:
    """Return the address of a newsletter's past issues; the default's are at the short one."""
    return reverse("newsletter:archive", kwargs=_place_of(newsletter))


def feed_path(newsletter: Newsletter) -> str:
    return reverse("newsletter:feed", kwargs=_place_of(newsletter))


def rss_path(newsletter: Newsletter) -> str:
    return reverse("newsletter:rss", kwargs=_place_of(newsletter))


def issue_path(issue: Issue) -> str:
    return reverse("newsletter:issue", kwargs={**_place_of(issue.newsletter), "slug": issue.slug})


def privacy_path(newsletter: Newsletter | None) -> str:
    return _named("newsletter:privacy", newsletter)


def own_path(newsletter: Newsletter | None) -> str:
    """Return where a reader has the link to his own page mailed, as the newsletter speaks."""
    return _named("newsletter:link", newsletter)


def _named(route: str, newsletter: Newsletter | None) -> str:
    """Return a page of the installation that names one of its public newsletters."""
    is_named = newsletter and newsletter.is_public and newsletter.slug != DEFAULT_SLUG
    return reverse(route) + (f"?newsletter={newsletter.slug}" if newsletter and is_named else "")


def _place_of(newsletter: Newsletter) -> dict[str, str]:
    return {} if newsletter.slug == DEFAULT_SLUG else {"newsletter": newsletter.slug}


def absolute(path: str, **query: str) -> str:
    """Return a path as the world sees it: below BASE_URL, never below the request's host."""
    return f"{settings.BASE_URL}{path}{'?' + urlencode(query) if query else ''}"


_UNSUBSCRIBE = "newsletter.unsubscribe"

# Nothing else is worth a signature, so every garbage costs the same: next to nothing.
_UNDATED = re.compile(r"[\w-]{22}\.[\w-]{43}", re.ASCII)
_DATED = re.compile(r"[\w-]{22}\.[0-9A-Za-z]{6}\.[\w-]{43}", re.ASCII)
_BOUNCE_ADDRESS = re.compile(r"\+([a-z2-7]{26})\.([a-z2-7]{16})@")


def _bounce_signature(packed: str, key: str | bytes) -> str:
    mac = salted_hmac("newsletter.bounce", packed, key, algorithm="sha256")
    return _base32(mac.digest()[:10])  # 80 bits: who guesses one stops one reader's mail


def _base32(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


def _dated(purpose: str, row_id: UUID) -> str:
    """Return a token that says when it was made, good for one purpose."""
    return signing.TimestampSigner(sep=".", salt=f"newsletter.{purpose}").sign(_pack(row_id))


def _read_dated(purpose: str, token: str, lifetime: timedelta) -> tuple[UUID, datetime]:
    """Return the id and the moment of a token; raise ExpiredToken or InvalidToken."""
    if not _DATED.fullmatch(token):
        raise InvalidToken
    signer = signing.TimestampSigner(sep=".", salt=f"newsletter.{purpose}")
    try:
        packed = signer.unsign(token)
    except signing.BadSignature as error:
        raise InvalidToken from error
    row_id = _unpack(packed)
    made_at = datetime.fromtimestamp(signing.b62_decode(token.split(".")[1]), UTC)
    if datetime.now(UTC) - made_at > lifetime:
        raise ExpiredToken(row_id)
    return row_id, made_at


@lru_cache(maxsize=1)
def _unsubscribe_mac(key: str) -> hmac.HMAC:
    """Return the start of `signing.Signer`'s signature: an issue takes a copy for each reader."""
    return salted_hmac(f"{_UNSUBSCRIBE}signer", "", key, algorithm="sha256")


def _pack(subscription_id: UUID) -> str:
    return base64.urlsafe_b64encode(subscription_id.bytes).rstrip(b"=").decode()


def _unpack(packed: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(packed + "=="))
    except (ValueError, binascii.Error) as error:
        raise InvalidToken from error
