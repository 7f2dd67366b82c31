"""Domains that no confirmation could reach, or whose mailboxes are made to be thrown away."""

import time
from collections import OrderedDict
from threading import Lock

import disposable_email_domains
import dns.exception
import dns.name
import dns.resolver

LOOKUP_SECONDS = 0.3
"""Of one visitor's time, at most, and of nobody's while the name servers do not answer."""
REST_SECONDS = 60.0
"""For so long nothing is looked up after the name servers did not answer."""
_KEPT_SECONDS = 3600.0
_KEPT_DOMAINS = 10_000
_RESERVED = ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")
"""RFC 2606 and RFC 6761: for trying things out; nothing is asked about them."""


def is_disposable(domain: str) -> bool:
    """Whether the domain, or one above it, is in the list of `disposable-email-domains`."""
    labels = domain.lower().split(".")
    return any(
        ".".join(labels[start:]) in disposable_email_domains.blocklist
        for start in range(len(labels) - 1)
    )


class MailExchanges:
    """Which domains say by a null MX (RFC 7505) that they take no mail; remembered for an hour.

    A doubt is in the domain's favour: no answer, a slow one or a broken one refuses nobody.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._lock = Lock()
        self._rests_until = 0.0

    def refuses_mail(self, domain: str) -> bool:
        domain = domain.lower()
        if f".{domain}".endswith(tuple(f".{name}" for name in _RESERVED)):
            return False
        now = time.monotonic()
        with self._lock:
            asked_at, refuses = self._known.get(domain, (float("-inf"), False))
            if now - asked_at < _KEPT_SECONDS or now < self._rests_until:
                return refuses
            # Who comes while this one asks is not kept waiting.
            self._remember(domain, now, refuses=False)
        try:
            refuses = _has_null_mx(domain)
        except (dns.exception.Timeout, OSError):
            self._rests_until = now + REST_SECONDS
            return False
        with self._lock:
            self._remember(domain, now, refuses=refuses)
        return refuses

    def _remember(self, domain: str, now: float, *, refuses: bool) -> None:
        self._known[domain] = now, refuses
        self._known.move_to_end(domain)
        if len(self._known) > _KEPT_DOMAINS:
            self._known.popitem(last=False)


def _has_null_mx(domain: str) -> bool:
    """Ask for one MX record with an empty name; raise Timeout, or OSError without a network."""
    try:
        found = dns.resolver.resolve(domain, "MX", lifetime=LOOKUP_SECONDS, search=False)
    except dns.exception.Timeout:
        raise
    except dns.exception.DNSException:  # there is no such record, or only broken ones
        return False
    return [record.exchange for record in found] == [dns.name.root]


exchanges = MailExchanges()
