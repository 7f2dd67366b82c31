"""What became of one attempt to hand a mail over, in words that need no parsing later."""

import re
from dataclasses import dataclass
from enum import Enum

# RFC 2034, 4: it begins the text. Further on it may be the address of a host: "blocked: 5.1.1.7".
_ENHANCED = re.compile(r"[#(\s]*([245]\.\d{1,3}\.\d{1,3})(?![.\w])")
_QUEUED_AS = re.compile(r"queued as ([\w.-]{1,100})", re.IGNORECASE)

HARD_BOUNCES = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})
"""The mailbox does not exist (RFC 3463, 3.2). 5.7.x is the sender's problem and never counts."""

HOLD_FRESH = 30.0
HOLD_USED = 5.0
"""Seconds that every worker waits after 421: long if the connection had not taken one mail,
short if it had, as providers that limit the mails of a connection end it in the same way."""


class Verdict(Enum):
    SENT = "sent"
    FAILED = "failed"
    RETRY = "retry"
    RELEASED = "released"  # not the mail's own doing: again later, and no attempt is used up
    UNKNOWN = "unknown"  # the provider may have it (RFC 1047)


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    code: str = ""
    provider_id: str = ""
    hold: float = 0.0
    """Seconds that every worker must wait."""
    provider_failed: bool = False
    """Whether the provider as a whole refused: counts for the circuit breaker."""
    mailbox_is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply."""

    code: int
    text: str

    @property
    def label(self) -> str:
        """Return the codes only: what a server writes behind them may name the reader."""
        enhanced = self.enhanced
        return f"{self.code} {enhanced}" if enhanced else str(self.code)

    @property
    def is_positive(self) -> bool:
        return self.code // 100 == 2

    @property
    def is_temporary(self) -> bool:
        return self.code // 100 == 4

    @property
    def is_permanent(self) -> bool:
        return self.code // 100 == 5

    @property
    def ends_service(self) -> bool:
        """Whether the server hangs up behind it (RFC 5321, 3.8)."""
        return self.code == 421

    @property
    def enhanced(self) -> str:
        found = _ENHANCED.match(self.text)
        return found.group(1) if found and found.group(1)[0] == str(self.code)[0] else ""


def of_sender(reply: Reply, *, used: bool) -> Outcome:
    """Judge a refused MAIL FROM: nobody's mail would pass."""
    if reply.ends_service:
        return _service_closing(reply, used=used)
    if reply.is_temporary:
        return Outcome(Verdict.RETRY, reply.label)
    return Outcome(Verdict.RELEASED, reply.label, provider_failed=True)


def of_recipient(reply: Reply, *, used: bool) -> Outcome:
    """Judge a refused RCPT TO or DATA."""
    if reply.ends_service:
        return _service_closing(reply, used=used)
    if reply.is_permanent:
        gone = reply.enhanced in HARD_BOUNCES
        return Outcome(Verdict.FAILED, reply.label, mailbox_is_gone=gone)
    return Outcome(Verdict.RETRY, reply.label)


def of_content(reply: Reply, *, used: bool) -> Outcome:
    """Judge the reply to the final dot."""
    if reply.is_positive:
        queued = _QUEUED_AS.search(reply.text)
        return Outcome(Verdict.SENT, provider_id=queued.group(1) if queued else "")
    if reply.ends_service:
        return _service_closing(reply, used=used)
    if reply.is_temporary:
        return Outcome(Verdict.RETRY, reply.label)
    if reply.is_permanent:
        return Outcome(Verdict.FAILED, reply.label)
    return Outcome(Verdict.UNKNOWN, "garbled_reply", provider_failed=True)


def _service_closing(reply: Reply, *, used: bool) -> Outcome:
    return Outcome(Verdict.RELEASED, reply.label, hold=HOLD_USED if used else HOLD_FRESH)
