"""What the worker knows of a transport."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports.wire import Wire

AFTER_DOT = " after the dot"
"""Ends the code of a mail that SMTP left in doubt; those behind it were not begun."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to go."""

    sender: str
    """The envelope sender, where the transport has an envelope."""
    recipient: str
    content: bytes
    delivery_id: UUID


class Transport(Protocol):
    @property
    def wire(self) -> Wire:
        """What another thread may cut."""

    def send(self, mails: Sequence[Mail], halted: Callable[[], bool]) -> list[Outcome]:
        """Hand mails over and return their outcomes, in order; never raise for a provider's fault.

        Once ``halted`` says so, nothing new is begun: what was not sent is RELEASED.
        """

    def close(self) -> None:
        """End the connection, politely where that is quick."""


def with_the_rest(outcomes: list[Outcome], mails: Sequence[Mail]) -> list[Outcome]:
    """Return an outcome for each mail: what was not begun is RELEASED.

    Its cause is that of the last one, unless that was refused for a reason of its own.
    """
    last = outcomes[-1] if outcomes else Outcome(Verdict.RELEASED)
    is_shared = last.provider_failed or last.verdict in {Verdict.RELEASED, Verdict.UNKNOWN}
    cause = last.code.removesuffix(AFTER_DOT) if is_shared else ""
    return outcomes + [Outcome(Verdict.RELEASED, cause or "stopped")] * (len(mails) - len(outcomes))
