"""What an editor does with an issue, and how its publication goes on in the worker."""

from newsletter.publishing.control import cancel, pause, publish, resume, schedule, send_test
from newsletter.publishing.errors import (
    InvalidIssue,
    InvalidRecipient,
    InvalidTime,
    KeyTaken,
    PublishingError,
    WrongState,
)
from newsletter.publishing.steps import expand_one, finish_done, start_due
from newsletter.publishing.writing import free_slug, publish_keyed, write_issue

__all__ = [
    "InvalidIssue",
    "InvalidRecipient",
    "InvalidTime",
    "KeyTaken",
    "PublishingError",
    "WrongState",
    "cancel",
    "expand_one",
    "finish_done",
    "free_slug",
    "pause",
    "publish",
    "publish_keyed",
    "resume",
    "schedule",
    "send_test",
    "start_due",
    "write_issue",
]
