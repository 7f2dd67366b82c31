"""Whether the chains of consents hold, and what is handed over of one to prove it.

The database makes the chains (migration 0014). Here each digest is computed once more from what the
rows say, by other code, so that a change by hand shows. The same recipe stands in each export, for
who wants to check without this service.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import F

from newsletter.models import Consent, Subscription

RECIPE = (
    "A digest is the SHA-256, in hexadecimal, of a JSON array in UTF-8: one line, ', ' between its "
    "elements, characters outside ASCII as they are. "
    "The digest of a link is that of [digest of the link before or an empty text, subscription, "
    "position, act, at, wording, wording_version, locale, page, address_digest, client_digest]. "
    "address_digest is that of [subscription, address in lower case] as the address was then. "
    "client_digest is that of [salt, ip_address or null, user_agent], or empty where nothing was "
    "recorded; when their retention is over, these three are blanked and their digest stays. "
    "Positions count from 1 without a gap. Acts of an earlier release have neither position nor "
    "digest."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """The first link of a chain that does not hold."""

    subscription: UUID
    position: int
    reason: str

    def __str__(self) -> str:
        return f"link {self.position} of subscription {self.subscription}: {self.reason}"


def check_chains() -> Iterator[Fault | None]:
    """Go through all chains and yield for each its first broken link, or None if it holds."""
    links = (
        Consent.objects.filter(position__isnull=False)
        .order_by("subscription_id", "position")
        .annotate(address=F("subscription__email"))
    )
    for _, chain in groupby(links.iterator(5000), key=lambda link: link.subscription_id):
        rows = list(chain)
        yield first_fault(rows, rows[-1].address)


def first_fault(chain: Iterable[Consent], address: str) -> Fault | None:
    """Return the first broken link of one chain, given in its order, or None if it holds."""
    before, last = "", None
    for expected, link in enumerate(chain, start=1):
        reason = _reason(link, before, expected)
        if reason:
            return Fault(link.subscription_id, expected, reason)
        before, last = link.digest, link
    if last and last.address_digest != address_digest(last.subscription_id, address):
        reason = "the address has changed since without an act of its reader"
        return Fault(last.subscription_id, last.position or 0, reason)
    return None


def address_digest(subscription_id: UUID, address: str) -> str:
    return _digest([str(subscription_id), address.lower()])


def evidence(subscription: Subscription) -> dict[str, Any]:
    """Return everything that was written down of one subscription's consent, ready for JSON."""
    consents = list(subscription.consents.order_by(F("position").asc(nulls_first=True), "id"))
    fault = first_fault([link for link in consents if link.position], subscription.email)
    return {
        "subscription": str(subscription.pk),
        "address": subscription.email,
        "status": subscription.status,
        "chain_holds": fault is None,
        "fault": str(fault) if fault else None,
        "how_to_check": RECIPE,
        "acts": [_as_json(link) for link in consents],
    }


def _reason(link: Consent, before: str, expected: int) -> str:
    """Say what is wrong with a link, or nothing."""
    if link.position != expected:
        return "it is missing"
    if link.digest != _digest_of(link, before):
        return "it was changed"
    if link.salt is None:
        recorded = link.ip_address is not None or link.user_agent != ""
        return "a device was written into it" if recorded else ""
    if link.client_digest != _digest([str(link.salt), link.ip_address, link.user_agent]):
        return "its device was changed"
    return ""


def _digest_of(link: Consent, before: str) -> str:
    return _digest(
        [
            before,
            str(link.subscription_id),
            link.position,
            link.act,
            _moment(link.at),
            link.wording,
            link.wording_version,
            link.locale,
            link.page,
            link.address_digest,
            link.client_digest,
        ]
    )


def _digest(values: list[Any]) -> str:
    """Return the digest of an array in the form that PostgreSQL's json_build_array gives it."""
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _as_json(link: Consent) -> dict[str, Any]:
    return {
        "position": link.position,
        "act": link.act,
        "at": _moment(link.at),
        "wording": link.wording,
        "wording_version": link.wording_version,
        "locale": link.locale,
        "page": link.page,
        "address_digest": link.address_digest,
        "ip_address": link.ip_address,
        "user_agent": link.user_agent,
        "salt": str(link.salt) if link.salt else None,
        "client_digest": link.client_digest,
        "digest": link.digest,
    }
