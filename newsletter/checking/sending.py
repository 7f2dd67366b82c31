"""The publication that a check allows: of exactly what was seen, once."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core import signing
from django.db import transaction

from newsletter import publishing
from newsletter.checking.examination import Check, check
from newsletter.models import Issue
from newsletter.publishing import StagePlan

TYPED_ABOVE = 1_000
"""Readers above which the publisher types how many they are."""
VALID_FOR = timedelta(hours=2)

_SALT = "newsletter.check"

logger = structlog.get_logger(__name__)


class Refused(publishing.PublishingError):
    """Nothing was done; the message is the sentence to show."""


class StaleCheck(Refused):
    """What was seen is not what would be sent."""


class NotAccepted(Refused):
    """A tick or the number is missing."""


class AlreadySent(Refused):
    """The same page was posted before, and that is done."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the publisher's page showed: it comes back with the form, signed."""

    issue: int
    version: int
    digest: str
    readers: int

    @classmethod
    def of(cls, shown: Check) -> "Seen":
        return cls(shown.issue.pk, shown.issue.version, shown.digest, shown.readers)

    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT)

    @classmethod
    def read(cls, text: str) -> "Seen":
        """Return what was signed; raise StaleCheck for what was not, or long ago."""
        try:
            return cls(**signing.loads(text, salt=_SALT, max_age=VALID_FOR))
        except (signing.BadSignature, TypeError) as error:
            raise StaleCheck("The check is too old. Look at it again, then send.") from error


@dataclass(frozen=True, slots=True)
class Answer:
    """What the publisher said to what he saw."""

    accepted: Collection[str] = ()
    """The rules of the warnings that he ticked."""
    typed: str = ""
    """How many readers he thinks they are, where they are many."""
    at: datetime | None = None
    stage: StagePlan | None = None


def send(*, issue_id: int, seen: Seen, answer: Answer, publisher: Any) -> Issue:
    """Publish, or schedule, what was seen, if nothing speaks against it; raise Refused.

    Raises InvalidTime too. The issue's version counts up, so that the same page sends nothing a
    second time, also after it was taken back.
    """
    related = ("newsletter__theme__logo", "theme__logo", "segment")
    issue = Issue.objects.select_related(*related).get(pk=issue_id)
    _compare(issue, seen)
    now = check(issue, publisher=publisher)
    if now.digest != seen.digest:
        raise StaleCheck("The issue or its newsletter changed since you looked. Look again.")
    if now.blockers:
        raise Refused(f"It was not sent. {now.blockers[0].says}")
    if missing := [warning for warning in now.warnings if warning.rule not in answer.accepted]:
        raise NotAccepted(f"Tick what you accept, or repair it: {missing[0].says}")
    if seen.readers > TYPED_ABOVE and _number(answer.typed) != seen.readers:
        raise NotAccepted(f"Type the number of readers, {seen.readers:,}, to send it to them.")
    with publishing.locked(issue_id) as held:
        _compare(held, seen)
        held.version += 1
        held.save(update_fields=["version"])
        if answer.at:
            sent = publishing.schedule(issue_id=issue_id, at=answer.at, stage=answer.stage)
        else:
            sent = publishing.publish_soon(issue_id=issue_id, stage=answer.stage)
    accepted = sorted({warning.rule for warning in now.warnings})
    logger.info("checking.sent", issue=issue_id, readers=seen.readers, accepted=accepted)
    return sent


def publish_if_sound(publish: Callable[[], Issue]) -> Issue:
    """Publish by a verb if the check then forbids nothing; raise Refused, and nothing was done."""
    with transaction.atomic():
        issue = publish()
        if blockers := check(issue).blockers:
            sentences = " ".join(finding.sentence for finding in blockers)
            raise Refused(f"Nothing was published. {sentences}")
    return issue


def _compare(issue: Issue, seen: Seen) -> None:
    if issue.pk != seen.issue:
        raise StaleCheck("This check is of another issue.")
    if not issue.is_editable and issue.version == seen.version + 1:
        raise AlreadySent("It was sent by the first press of the button, and only once.")
    if not issue.is_editable:
        raise StaleCheck(f"The issue is {issue.state} already; nothing was done.")
    if issue.version != seen.version:
        raise StaleCheck("The issue changed since you looked. Look again, then send.")


def _number(typed: str) -> int | None:
    digits = "".join(letter for letter in typed if letter not in " ,.'\u00a0\u202f")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 12 else None
