"""Whether the DNS of the sender's domain says that our mail is genuine: SPF, DKIM, DMARC, MX.

https://support.google.com/a/answer/81126 asks bulk senders for all three, one of SPF and DKIM with
the domain of From.
"""

from collections.abc import Iterator
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings

from newsletter.doctor.findings import Finding, fail, ok, warn
from newsletter.models import Newsletter

_PATIENCE = 3.0
NOBODYS = (
    *(".example", ".invalid", ".localhost", ".test"),
    *("example.com", "example.net", "example.org"),
)


class CannotTell(Exception):
    """The resolver does not answer."""


def examine() -> Iterator[Finding]:
    """Look at each sender's domain once. Offline there is nothing to tell."""
    domains = {newsletter.sender.domain for newsletter in Newsletter.objects.all()}
    for domain in sorted(domains | {settings.EMAIL_SENDER.domain}):
        if domain.endswith(NOBODYS):
            yield warn(f"domain {domain}", "nobody's (RFC 2606)", "Set APP_EMAIL__SENDER.")
            continue
        try:
            yield from of_domain(domain)
        except CannotTell:
            remedy = "No DNS server answers from here: run it where there is a network."
            yield warn(f"domain {domain}", "cannot tell: the resolver does not answer", remedy)


def of_domain(domain: str) -> Iterator[Finding]:
    """Look at one domain; raise CannotTell where no resolver answers."""
    yield _spf(domain)
    yield _dkim(domain)
    yield _dmarc(domain)
    yield _bounces(domain)


def _spf(domain: str) -> Finding:
    """Look for the one record that says whose servers may send (RFC 7208, 3.2)."""
    part = f"SPF of {domain}"
    records = _texts(domain, "v=spf1")
    if len(records) > 1:
        return fail(part, "more than one record, which counts as none", "Merge them into one.")
    if not records:
        remedy = f"Add a TXT record to {domain}: v=spf1 include:(your provider's) ~all"
        return warn(part, "no record", remedy)
    if records[0].rstrip().endswith("+all"):
        return fail(part, "+all lets anybody send in your name", "End it with ~all or -all.")
    return ok(part, records[0])


def _dkim(domain: str) -> Finding:
    """Ask for the selectors that are usual; the true one is the provider's to say."""
    part = f"DKIM of {domain}"
    found = [
        selector
        for selector in _selectors()
        if any("p=" in text for text in _texts(f"{selector}._domainkey.{domain}", ""))
    ]
    if found:
        return ok(part, f"a key is published under {', '.join(found)}")
    says = "cannot tell: the selector is the provider's, and none of the usual has a key"
    remedy = (
        "Open the source of a test mail: DKIM-Signature must say "
        f"d={domain} and its s= is the selector; {domain} needs the record that the provider shows."
    )
    return warn(part, says, remedy)


def _dmarc(domain: str) -> Finding:
    """Find the policy, of the domain or of one above it (RFC 7489, 6.6.3)."""
    part = f"DMARC of {domain}"
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        holder = ".".join(labels[start:])
        records = _texts(f"_dmarc.{holder}", "v=DMARC1")
        if len(records) > 1:
            return fail(part, "more than one record, which counts as none", "Keep one of them.")
        if records:
            return ok(part, f"{records[0]} (at {holder})")
    remedy = f"Add a TXT record to _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:you@{domain}"
    return warn(part, "no record: large providers refuse bulk mail without one", remedy)


def _bounces(domain: str) -> Finding:
    part = f"MX of {domain}"
    if _answers(domain, "MX") or _answers(domain, "A"):
        return ok(part, "bounces and replies find their way")
    return warn(
        part, "it takes no mail: bounces are lost", "Add an MX record, or set another From."
    )


def _selectors() -> list[str]:
    return [*_SELECTORS.get(settings.EMAIL_URL.scheme, ()), "default", "mail", "dkim", "s1", "s2"]


def _texts(name: str, start: str) -> list[str]:
    """Return the TXT records of a name that begin like this, whole (RFC 7208, 3.3)."""
    texts = [
        b"".join(answer.strings).decode("ascii", "replace") for answer in _answers(name, "TXT")
    ]
    printable = ["".join(letter for letter in text if letter.isprintable()) for text in texts]
    return [text for text in printable if text.lower().startswith(start.lower())]


def _answers(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=_PATIENCE, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise CannotTell from error


# Where each provider documents the name of its key; those with a random selector are not here.
_SELECTORS = {
    "brevo": ("brevo1", "brevo2"),
    "mailgun": ("mailo", "pic", "smtp", "k1"),
    "mailjet": ("mailjet",),
    "mailtrap": ("rwmt1", "rwmt2"),
    "resend": ("resend",),
    "sendgrid": ("s1", "s2"),
}
