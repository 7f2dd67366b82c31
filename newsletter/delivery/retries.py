"""When to try again: a pure policy.

RFC 5321, 4.5.4.1 asks a relay to keep trying for days. The first steps are shorter than its 30
minutes, since mail goes to a submission service that is ours to load. Jitter is full: any moment up
to the delay, so that what failed together does not come back together.
"""

from datetime import timedelta

_MINUTE, _HOUR = 60, 3600

_SOON = (
    10,
    _MINUTE,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
)
"""Somebody waits for it. Its link is made when it leaves, so that a late one works as long."""

DELAYS: dict[str, tuple[int, ...]] = {
    # Seconds; 69 hours in all, so that the last answer comes within 72.
    "issue": (
        _MINUTE,
        5 * _MINUTE,
        30 * _MINUTE,
        2 * _HOUR,
        6 * _HOUR,
        12 * _HOUR,
        24 * _HOUR,
        24 * _HOUR,
    ),
    "confirmation": _SOON,
    "reminder": _SOON,
    "access": _SOON,
    "address": _SOON,
    "test": (10, _MINUTE, 5 * _MINUTE),
}

RELEASE_DELAY = timedelta(seconds=1)
"""After a failure that was not the mail's own: the gate holds back for longer where needed."""

RESEND_DELAY = timedelta(minutes=1)
"""Before a mail in doubt is sent again: a late outcome may still arrive."""


def delay_after(kind: str, attempts: int, jitter: float) -> timedelta | None:
    """Return how long to wait after so many attempts, or None to give up; ``jitter`` is in 0..1."""
    delays = DELAYS[kind]
    if attempts > len(delays):
        return None
    return timedelta(seconds=delays[attempts - 1] * jitter)


def may_resend(kind: str, resends: int, unknown_policy: str) -> bool:
    """Whether a mail in doubt is sent once more.

    A second confirmation or test harms nobody. A second copy of an issue annoys a reader, so the
    operator decides: by ``UNKNOWN_POLICY``, or later by hand.
    """
    return resends == 0 and (kind != "issue" or unknown_policy == "resend")
