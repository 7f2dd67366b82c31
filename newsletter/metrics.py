"""What the verbs count. Outcomes are a few words; who it was is in nobody's label.

Sign-ups and the like happen in the web's processes and are counted there. A worker, which may run
on another machine, adds its numbers to the table of tallies with each heartbeat: what a killed one
had not added is missing here, and never in the ledger.
"""

from collections import Counter as Amounts
from collections.abc import Iterable
from threading import Lock

from prometheus_client import Counter

from newsletter.models import Tally
from zero2prod.metrics import COUNTERS

SIGN_UPS = Counter(
    "zero2prod_sign_ups", "Sign-ups by what became of them.", ["outcome"], registry=COUNTERS
)
CONFIRMATIONS = Counter(
    "zero2prod_confirmations", "Readers who confirmed their address.", registry=COUNTERS
)
UNSUBSCRIPTIONS = Counter("zero2prod_unsubscriptions", "Readers who left.", registry=COUNTERS)

SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_amounts: Amounts[tuple[str, str]] = Amounts()
_lock = Lock()


def handed_over(provider: str, verdicts: Iterable[str], seconds: float) -> None:
    """Count a group of mails that took so long; each is taken for its share of the time."""
    counted = Amounts(verdicts)
    mails = counted.total()
    if not mails:
        return
    bucket = next((bound for bound in SECONDS_BUCKETS if seconds / mails <= bound), float("inf"))
    with _lock:
        for verdict, number in counted.items():
            _amounts[provider, f"{Tally.OUTCOME}{verdict}"] += number
        _amounts[provider, f"{Tally.BUCKET}{bucket}"] += mails
        _amounts[provider, Tally.SECONDS] += seconds  # type: ignore[assignment]


def flush() -> None:
    """Add what was counted to the table; when that fails it is kept for the next time."""
    with _lock:
        added = dict(_amounts)
        _amounts.clear()
    try:
        Tally.objects.add(added)
    except BaseException:
        with _lock:
            _amounts.update(added)
        raise
