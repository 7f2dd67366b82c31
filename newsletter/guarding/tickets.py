"""The slow lane: how who has no JavaScript comes in while a proof of work is asked for.

He waits half a minute and presses the button again. Bots can wait too, all of them at once; what
holds them is that the lane lets in ten a minute, over the whole site. So a flood stays a trickle,
far below the rate that raised the alarm, and who finds the lane full is told to try again.
"""

import time
from uuid import UUID

from django.core import signing

from newsletter.guarding import budgets

WAIT_SECONDS = 30
LIFETIME_SECONDS = 15 * 60
LANE_A_MINUTE = 10

_LONGEST = 200


class Waiting(Exception):
    """The ticket counts, but not yet; the argument is how many seconds are left."""


class Worthless(Exception):
    """The ticket is none, is too old, or is for somebody else."""


class LaneFull(Exception):
    """As many were let in as may be at the moment."""


def issue(*, email: str, client: str) -> str:
    """Return a ticket for one address from one client."""
    return _signer(email, client).sign(str(int(time.time())))


def admit(ticket: str, *, email: str, client: str) -> UUID:
    """Return the key under which this ticket is used up once; raise one of the above."""
    try:
        if len(ticket) > _LONGEST:
            raise Worthless
        made_at = int(_signer(email, client).unsign(ticket))
    except (signing.BadSignature, ValueError) as error:
        raise Worthless from error
    age = time.time() - made_at
    if age > LIFETIME_SECONDS:
        raise Worthless
    if age < WAIT_SECONDS:
        raise Waiting(WAIT_SECONDS - int(age))
    if not budgets.spend("lane", "", most=LANE_A_MINUTE, seconds=60):
        raise LaneFull
    return budgets.key("ticket", ticket)


def _signer(email: str, client: str) -> signing.Signer:
    return signing.Signer(salt=f"newsletter.sign-up.ticket {email.lower()} {client}")
