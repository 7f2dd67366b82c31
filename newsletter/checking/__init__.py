"""The look at an issue before it is sent: a table of rules, and the publication that they allow."""

from newsletter.checking.examination import Check, check
from newsletter.checking.findings import Finding, Level
from newsletter.checking.sending import (
    TYPED_ABOVE,
    AlreadySent,
    Answer,
    NotAccepted,
    Refused,
    Seen,
    StaleCheck,
    publish_if_sound,
    send,
)
from newsletter.checking.trying import try_links

__all__ = [
    "TYPED_ABOVE",
    "AlreadySent",
    "Answer",
    "Check",
    "Finding",
    "Level",
    "NotAccepted",
    "Refused",
    "Seen",
    "StaleCheck",
    "check",
    "publish_if_sound",
    "send",
    "try_links",
]
