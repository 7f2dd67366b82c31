"""What an editor does with an issue, and how its publication goes on in the worker."""

from newsletter.publishing import bell
from newsletter.publishing.control import (
    cancel,
    locked,
    pause,
    publish,
    publish_soon,
    resume,
    schedule,
    send_test,
    take_back,
)
from newsletter.publishing.errors import (
    InvalidIssue,
    InvalidRecipient,
    InvalidStage,
    InvalidTime,
    KeyTaken,
    PublishingError,
    WrongState,
)
from newsletter.publishing.placing import hide, place, show, unlist
from newsletter.publishing.repairs import resend_unknown, retry_failed, send_to_missed
from newsletter.publishing.stages import StagePlan
from newsletter.publishing.stages import judge as judge_stages
from newsletter.publishing.steps import expand_one, finish_done, start_due
from newsletter.publishing.times import parse_time
from newsletter.publishing.writing import follows_subject, free_slug, publish_keyed, write_issue

__all__ = [
    "InvalidIssue",
    "InvalidRecipient",
    "InvalidStage",
    "InvalidTime",
    "KeyTaken",
    "PublishingError",
    "StagePlan",
    "WrongState",
    "bell",
    "cancel",
    "expand_one",
    "finish_done",
    "follows_subject",
    "free_slug",
    "hide",
    "judge_stages",
    "locked",
    "parse_time",
    "pause",
    "place",
    "publish",
    "publish_keyed",
    "publish_soon",
    "resend_unknown",
    "resume",
    "retry_failed",
    "schedule",
    "send_test",
    "send_to_missed",
    "show",
    "start_due",
    "take_back",
    "unlist",
    "write_issue",
]
