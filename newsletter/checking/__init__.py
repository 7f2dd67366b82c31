"""The look at an issue before it is sent: a table of rules, and the publication that they allow."""

from newsletter.checking.examination import Check, check, unknown_fields
from newsletter.checking.findings import Finding, Level
from newsletter.checking.sending import (
    TYPED_ABOVE,
    AlreadySent,
    Answer,
    NotAccepted,
    Refused,
    Seen,
    StaleCheck,
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
    "send",
    "try_links",
    "unknown_fields",
]
