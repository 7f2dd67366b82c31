"""What a message to a bounce address says: a delivery status notification or a spam complaint.

RFC 3464 and RFC 5965 put both into a multipart/report with a part for machines. Which mail is meant
is told by the address alone (`links.bounce_address`), never by what the message quotes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import Enum
from uuid import UUID

from newsletter import links
from newsletter.bouncing import status_in
from newsletter.delivery.outcomes import HARD_BOUNCES

_MOST_PARTS = 100


class Kind(Enum):
    BOUNCED = "bounced"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    COMPLAINED = "complained"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BounceMessage:
    delivery_id: UUID
    kind: Kind
    status: str = ""

    @property
    def mailbox_is_gone(self) -> bool:
        return self.status in HARD_BOUNCES


class UnreadableBounce(Exception):
    """The message is no report, or not about a mail of ours; the message is the sentence."""


def read(octets: bytes, recipient: str = "") -> BounceMessage:
    """Return what a message says of which mail; raise UnreadableBounce.

    The recipient is the envelope's, else what the delivering server wrote into the headers.
    """
    try:
        # The policy that parses headers least, so that hostile ones cost least.
        message = BytesParser(policy=compat32).parsebytes(octets)
        parts = _parts(message)
        delivery_id = _delivery_id([recipient] if recipient else _addresses(message, parts))
        return _judged(delivery_id, message, parts)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise UnreadableBounce("The message cannot be read.") from None


def _judged(delivery_id: UUID, message: Message, parts: dict[str, Message]) -> BounceMessage:
    if "message/feedback-report" in parts:
        abuse = _field(parts["message/feedback-report"], "Feedback-Type").lower() == "abuse"
        return BounceMessage(delivery_id, Kind.COMPLAINED if abuse else Kind.OTHER)
    if "message/delivery-status" in parts:
        return _of_status(delivery_id, parts["message/delivery-status"])
    if str(message.get("Auto-Submitted", "no")).lower().startswith("auto-replied"):
        return BounceMessage(delivery_id, Kind.OTHER)  # an absence note (RFC 3834)
    raise UnreadableBounce("The message is neither a delivery status nor a complaint.")


def _of_status(delivery_id: UUID, part: Message) -> BounceMessage:
    kind = _ACTIONS.get(_field(part, "Action").lower(), Kind.OTHER)
    told = status_in(_field(part, "Status"))
    diagnosed = status_in(_field(part, "Diagnostic-Code"))
    status = diagnosed if diagnosed and (not told or told.endswith(".0.0")) else told
    return BounceMessage(delivery_id, kind, status)


_ACTIONS = {
    "failed": Kind.BOUNCED,
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.DELIVERED,
    "expanded": Kind.DELIVERED,
}


def _delivery_id(addresses: list[str]) -> UUID:
    for address in addresses:
        try:
            return links.read_bounce_address(address)
        except links.InvalidToken:
            continue
    raise UnreadableBounce("The message was not sent to a bounce address of this service.")


def _addresses(message: Message, parts: dict[str, Message]) -> list[str]:
    """Return where an address may stand; complaints name the sender of the mail (RFC 5965, 3.2)."""
    names = ("Delivered-To", "X-Original-To", "To")
    found = [str(value) for name in names for value in message.get_all(name, [])]
    if "message/feedback-report" in parts:
        found.append(_field(parts["message/feedback-report"], "Original-Mail-From"))
    return found


def _parts(message: Message) -> dict[str, Message]:
    """Return the first part of each type, of a report only."""
    if message.get_content_type() != "multipart/report":
        return {}
    parts: dict[str, Message] = {}
    for _, part in zip(range(_MOST_PARTS), message.walk(), strict=False):
        parts.setdefault(part.get_content_type(), part)
    return parts


def _field(part: Message, name: str) -> str:
    """Return the first value of a field in a part that is blocks of fields."""
    return next((str(block[name]).strip() for block in _blocks(part) if name in block), "")


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))
