"""The signed links of mails: who holds one has proved that he reads the mailbox.

A token is the subscription's id and an HMAC-SHA256 over it (``django.core.signing``), so nothing
secret is at rest, any process can make and check one, and keys rotate by SECRET_KEY_FALLBACKS.
All tokens of a purpose have the same length; `rendering.mime` relies on it.
"""

import base64
import binascii
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

NOBODY = UUID(int=0)
"""The subscription in the links of a test mail: the signature holds, and nobody is meant."""


class InvalidToken(Exception):
    """The token was not made here, was changed, or is too old."""


def confirmation_token(subscription_id: UUID) -> str:
    return signing.TimestampSigner(sep=".", salt="newsletter.confirm").sign(_pack(subscription_id))


def read_confirmation_token(token: str) -> tuple[UUID, datetime]:
    """Return the subscription's id and when the token was made, in whole seconds."""
    signer = signing.TimestampSigner(sep=".", salt="newsletter.confirm")
    try:
        packed = signer.unsign(token, max_age=CONFIRMATION_LIFETIME)
        seconds = signing.b62_decode(token.split(".")[1])
    except signing.BadSignature as error:
        raise InvalidToken from error
    return _unpack(packed), datetime.fromtimestamp(seconds, UTC)


def unsubscribe_token(subscription_id: UUID) -> str:
    return _unsubscribe_signer(settings.SECRET_KEY).sign(_pack(subscription_id))


def read_unsubscribe_token(token: str) -> UUID:
    """Return the subscription's id."""
    try:
        packed = signing.Signer(sep=".", salt="newsletter.unsubscribe").unsign(token)
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


def archive_path(newsletter: Newsletter) -> str:
    """Return the address of a newsletter's past issues; the default's are at the short one."""
    return reverse("newsletter:archive", kwargs=_archive_of(newsletter))


def feed_path(newsletter: Newsletter) -> str:
    return reverse("newsletter:feed", kwargs=_archive_of(newsletter))


def rss_path(newsletter: Newsletter) -> str:
    return reverse("newsletter:rss", kwargs=_archive_of(newsletter))


def issue_path(issue: Issue) -> str:
    return reverse("newsletter:issue", kwargs={**_archive_of(issue.newsletter), "slug": issue.slug})


def _archive_of(newsletter: Newsletter) -> dict[str, str]:
    return {} if newsletter.slug == DEFAULT_SLUG else {"newsletter": newsletter.slug}


def absolute(path: str, **query: str) -> str:
    """Return a path as the world sees it: below BASE_URL, never below the request's host."""
    return f"{settings.BASE_URL}{path}{'?' + urlencode(query) if query else ''}"


_BOUNCE_ADDRESS = re.compile(r"\+([a-z2-7]{26})\.([a-z2-7]{16})@")


def _bounce_signature(packed: str, key: str | bytes) -> str:
    mac = salted_hmac("newsletter.bounce", packed, key, algorithm="sha256")
    return _base32(mac.digest()[:10])  # 80 bits: who guesses one stops one reader's mail


def _base32(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


@lru_cache(maxsize=1)
def _unsubscribe_signer(key: str) -> signing.Signer:
    """Return a signer that is kept: an issue takes a token a reader."""
    return signing.Signer(key=key, sep=".", salt="newsletter.unsubscribe")


def _pack(subscription_id: UUID) -> str:
    return base64.urlsafe_b64encode(subscription_id.bytes).rstrip(b"=").decode()


def _unpack(packed: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(packed + "=="))
    except (ValueError, binascii.Error) as error:
        raise InvalidToken from error
