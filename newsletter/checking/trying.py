"""What of an issue was tried over the network: links, images, the sender's domain. Kept an hour."""

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from threading import Thread
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from newsletter.checking.anatomy import anatomy_of
from newsletter.checking.probing import Prober
from newsletter.doctor import Grade
from newsletter.doctor.domain import NOBODYS, CannotTell, of_domain
from newsletter.models import Issue, TriedLink

FRESH = timedelta(hours=1)
MOST = 60
"""Addresses that are tried for one issue; the rest stays untried, and the check says so."""
AT_ONCE = 12
PATIENCE_SECONDS = 12.0
"""How long the whole may take: somebody waits for the page."""

_DNS = "dns:"


def domain_key(domain: str) -> str:
    """Return the name under which the look at a sender's domain is kept (RFC 4501)."""
    return f"{_DNS}{domain}"


def known_problems(addresses: Sequence[str]) -> list[tuple[str, str]]:
    """Return the addresses that were tried lately and were not in order, with what it was."""
    tried = _tried(addresses)
    return [
        (address, problem) for address in addresses if (problem := tried.get(_digest(address), ""))
    ]


def untried(addresses: Iterable[str]) -> list[str]:
    """Return what could be tried over the network and was not lately."""
    possible = [address for address in dict.fromkeys(addresses) if _is_tried_at_all(address)]
    tried = _tried(possible)
    return [address for address in possible if _digest(address) not in tried]


def try_links(issue: Issue, prober: Prober | None = None) -> int:
    """Try what was not tried lately; return how many. Outside of any transaction: it may take 12 s.

    What does not answer in time counts as not answering.
    """
    sender = domain_key(issue.newsletter.sender.domain)
    addresses = untried([*anatomy_of(issue).addresses, sender])[:MOST]
    asked = prober or Prober()
    trials = _begun(addresses, asked)
    wait(trials.values(), timeout=PATIENCE_SECONDS)
    for trial in trials.values():
        trial.cancel()
    TriedLink.objects.bulk_create(
        [
            TriedLink(digest=_digest(address), problem=_outcome(trial)[:200], tried_at=Now())
            for address, trial in trials.items()
        ],
        update_conflicts=True,
        unique_fields=["digest"],
        update_fields=["problem", "tried_at"],
    )
    TriedLink.objects.filter(tried_at__lt=timezone.now() - 24 * FRESH).delete()
    return len(addresses)


def _begun(addresses: Sequence[str], prober: Prober) -> dict[str, Future[str]]:
    """Try addresses in threads that no process waits for at its end, as it does for a pool's.

    A server that says a byte of its answer now and then, or a nameserver that says nothing, would
    keep a command for as long as it likes.
    """
    trials: dict[str, Future[str]] = {address: Future() for address in addresses}
    waiting = deque(trials.items())

    def work() -> None:
        while waiting:
            with suppress(IndexError):  # another thread was faster
                _try(*waiting.popleft(), prober)

    for number in range(min(AT_ONCE, len(addresses))):
        Thread(target=work, name=f"links-{number}", daemon=True).start()
    return trials


def _try(address: str, trial: Future[str], prober: Prober) -> None:
    if trial.set_running_or_notify_cancel():
        try:
            trial.set_result(_problem(address, prober))
        except Exception as error:  # noqa: BLE001 - it is told of that address
            trial.set_exception(error)


def _problem(address: str, prober: Prober) -> str:
    if not address.startswith(_DNS):
        return prober.problem(address)
    try:
        findings = list(of_domain(address.removeprefix(_DNS)))
    except CannotTell:
        return "no DNS server answered"
    amiss = [
        finding
        for finding in findings
        if finding.grade is not Grade.OK and "cannot tell" not in finding.says
    ]
    return "; ".join(f"{finding.part}: {finding.says}" for finding in amiss)


def _outcome(trial: Future[str]) -> str:
    if not trial.done() or trial.cancelled():
        return "no answer in time"
    error = trial.exception()
    return f"cannot be tried ({type(error).__name__})" if error else trial.result()


def _is_tried_at_all(address: str) -> bool:
    """Leave out what is ours, which other rules look at, and domains that are nobody's."""
    if address.startswith(_DNS):
        return not address.endswith(NOBODYS)
    return not (address.startswith(f"{settings.BASE_URL}/") or is_nobodys(address))


def is_nobodys(address: str) -> bool:
    """Whether an address leads to a domain that exists for examples only (RFC 2606)."""
    try:
        return (urlsplit(address).hostname or "").endswith(NOBODYS)
    except ValueError:
        return False


def _tried(addresses: Sequence[str]) -> dict[str, str]:
    rows = TriedLink.objects.filter(
        digest__in=map(_digest, addresses), tried_at__gt=timezone.now() - FRESH
    )
    return dict(rows.values_list("digest", "problem"))


def _digest(address: str) -> str:
    return sha256(address.encode()).hexdigest()
