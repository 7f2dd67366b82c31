"""How a draft grows: saved, kept in versions, brought back, copied. Nothing is lost on the way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import unified_diff
from typing import Any

import reversion
import structlog
from django.db import transaction
from django.utils import timezone
from reversion.errors import RevertError
from reversion.models import Version

from newsletter.models import Issue, Theme
from newsletter.publishing import free_slug

TEXTS = ("subject", "preheader", "body")
KEPT = (*TEXTS, "newsletter", "slug", "theme")
"""What a version has of an issue. How far its publication has come is no matter of opinion."""
PAUSE = timedelta(minutes=10)
"""Of what was saved by itself, one version is kept for so long a time."""

SAVED, SAVED_QUIETLY = "saved", "saved by itself"

logger = structlog.get_logger(__name__)

reversion.register(Issue, fields=KEPT)


class DraftError(Exception):
    """Nothing was changed; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Past:
    """One version of a draft."""

    pk: int
    at: datetime
    by: str
    how: str
    texts: dict[str, str]
    theme_id: int | None = None


def save(issue: Issue, *, editor: Any, how: str = SAVED) -> None:
    """Store what a form has validated as the next version; the caller holds the issue's row."""
    issue.edited_by, issue.edited_at = editor, timezone.now()
    if not issue.pk:
        issue.author = editor
    else:
        issue.version += 1
    with reversion.create_revision():
        issue.save()
        reversion.set_user(editor)
        reversion.set_comment(how)
    if how == SAVED_QUIETLY:
        _coalesce(issue)
    logger.info("drafts.saved", issue=issue.pk, version=issue.version, how=how)


def versions_of(issue: Issue) -> list[Past]:
    """Return what an issue was, newest first."""
    found = Version.objects.get_for_object(issue).select_related("revision__user")
    return [past for version in found if (past := _past(version))]


def version_of(issue: Issue, pk: int) -> Past | None:
    found = Version.objects.get_for_object(issue).select_related("revision__user").filter(pk=pk)
    return next((past for version in found if (past := _past(version))), None)


def restore(*, issue_id: int, past_id: int, opened: int, editor: Any) -> Issue:
    """Give a draft the texts of one of its versions; what it says now stays a version itself."""
    with transaction.atomic():
        issue = _held(issue_id)
        if issue.version != opened:
            raise DraftError("Somebody saved this issue after you opened the page; look again.")
        past = version_of(issue, past_id)
        if past is None:
            raise DraftError("This version is not there any more.")
        for name, text in past.texts.items():
            setattr(issue, name, text)
        issue.theme = Theme.objects.filter(pk=past.theme_id or 0).first()
        save(issue, editor=editor, how=f"restored from {past.at:%Y-%m-%d %H:%M %Z}")
    return issue


def duplicate(*, issue_id: int, editor: Any) -> Issue:
    """Write a draft that says and looks like an issue, for the same readers."""
    with transaction.atomic():
        issue = Issue.objects.select_related("newsletter").get(pk=issue_id)
        copy = Issue(
            newsletter=issue.newsletter,
            subject=issue.subject,
            preheader=issue.preheader,
            body=issue.body,
            theme_id=issue.theme_id,
            segment_id=issue.segment_id,
            audience=issue.audience,
            visibility=issue.visibility,
            slug=free_slug(issue.newsletter, issue.subject),
        )
        save(copy, editor=editor, how=f"copied from issue {issue.pk}")
    return copy


def difference(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield the lines around what differs, each with `added`, `removed`, `same` or `gap`."""
    kinds = {"+": "added", "-": "removed", " ": "same", "@": "gap"}
    lines = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    for number, line in enumerate(lines):
        if number >= 2:  # after the names of two files
            kind = kinds[line[0]]
            yield kind, "…" if kind == "gap" else line[1:]


def _held(issue_id: int) -> Issue:
    issue = Issue.objects.select_for_update(no_key=True).get(pk=issue_id)
    if not issue.is_editable:
        raise DraftError(f"The issue is {issue.state}; it cannot be changed.")
    return issue


def _coalesce(issue: Issue) -> None:
    """Drop the version before the newest if it was saved by itself, soon after one that stays."""
    newest = Version.objects.get_for_object(issue).select_related("revision")[:3]
    if len(newest) < 3:
        return
    last, middle, before = (version.revision for version in newest)
    if (
        middle.comment == SAVED_QUIETLY
        and middle.user_id == last.user_id
        and middle.date_created - before.date_created < PAUSE
    ):
        middle.delete()


def _past(version: Version) -> Past | None:
    """Return a version as we read it; None for one of a release whose fields are gone."""
    try:
        kept: dict[str, Any] = version.field_dict
    except RevertError:
        return None
    revision = version.revision
    return Past(
        pk=version.pk,
        at=revision.date_created,
        by=revision.user.get_username() if revision.user else "somebody",
        how=revision.comment,
        texts={name: str(kept.get(name, "")) for name in TEXTS},
        theme_id=kept.get("theme_id"),
    )
