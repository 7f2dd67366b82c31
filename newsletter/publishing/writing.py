"""How an issue comes to be: its texts checked, its name in the archive, its key."""

import re
from datetime import datetime
from itertools import count

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from newsletter import merge_fields
from newsletter.audiences import EVERYONE, Definition, conditions_of
from newsletter.models import Issue, Newsletter, Segment
from newsletter.publishing import control
from newsletter.publishing.errors import InvalidIssue, KeyTaken
from newsletter.publishing.stages import StagePlan

RESERVED_SLUGS = {"feed"}
"""Names below /issues/ that are no issue's."""
_SLUG_LENGTH = 100

logger = structlog.get_logger(__name__)


def write_issue(
    *,
    newsletter: Newsletter,
    subject: str,
    body: str,
    preheader: str = "",
    key: str | None = None,
    audience: Segment | Definition = EVERYONE,
) -> Issue:
    """Store a draft; raise InvalidIssue."""
    issue = Issue(
        newsletter=newsletter, subject=subject.strip(), body=body, preheader=preheader, key=key
    )
    if isinstance(audience, Segment):
        issue.segment = audience
    else:
        issue.audience = audience.as_json()
    if not body.strip():
        raise InvalidIssue("The body is blank.")
    with transaction.atomic():
        issue.slug = free_slug(newsletter, issue.subject)
        try:
            issue.full_clean()
        except ValidationError as error:
            raise InvalidIssue(_sentence(error)) from error
        issue.save(force_insert=True)
    logger.info("publishing.written", issue=issue.pk, newsletter=newsletter.slug)
    return issue


def publish_keyed(  # noqa: PLR0913 - what one command can say
    *,
    newsletter: Newsletter,
    subject: str,
    body: str,
    key: str | None = None,
    at: datetime | None = None,
    stage: StagePlan | None = None,
    audience: Segment | Definition = EVERYONE,
) -> Issue:
    """Write and publish, or schedule, in one commit; return the issue.

    The same key with the same content is the same issue, also in parallel: it is neither written
    nor published a second time. Another content under the key raises KeyTaken.
    """
    if at:
        control.check_time(at)
    with transaction.atomic():
        _lock(newsletter)
        known = newsletter.issues.filter(key=key).first() if key else None
        if known and not _is_same(known, subject, body, audience):
            raise KeyTaken(f"The key {key!r} belongs to issue {known.pk}, which says other things.")
        if known:
            return known
        issue = write_issue(
            newsletter=newsletter, subject=subject, body=body, key=key or None, audience=audience
        )
        if at:
            return control.schedule(issue_id=issue.pk, at=at, stage=stage)
        return control.publish(issue_id=issue.pk, stage=stage)


def _is_same(known: Issue, subject: str, body: str, audience: Segment | Definition) -> bool:
    """Compare what a key stands for; a segment by its name, since it may be edited meanwhile."""
    kept = conditions_of(known)
    meant = (
        kept.name == audience.name
        if isinstance(audience, Segment)
        else kept == audience.fixed(known.audience_at or timezone.now())
    )
    return meant and (known.subject, known.body) == (subject.strip(), body)


def free_slug(newsletter: Newsletter, subject: str, *, issue: Issue | None = None) -> str:
    """Return a name for the archive that no other issue has; call it in the writing transaction."""
    _lock(newsletter)
    stem = _stem(subject)
    others = newsletter.issues.exclude(pk=(issue and issue.pk) or 0)
    taken = set(others.filter(slug__startswith=stem).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    candidates = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(slug for slug in candidates if slug not in taken)


def follows_subject(issue: Issue) -> bool:
    """Whether an issue's name in the archive was made from its subject, and by nobody chosen."""
    return re.fullmatch(rf"{re.escape(_stem(issue.subject))}(-\d+)?", issue.slug) is not None


def _stem(subject: str) -> str:
    headline = merge_fields.filled(subject, {})
    return slugify(headline)[:_SLUG_LENGTH].strip("-") or "issue"


def _lock(newsletter: Newsletter) -> None:
    """Let one transaction at a time write issues of a newsletter; sign-ups are not held up."""
    Newsletter.objects.select_for_update(no_key=True).get(pk=newsletter.pk)


def _sentence(error: ValidationError) -> str:
    return " ".join(
        f"{field.capitalize()}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )
