"""The mail of one ledger row: which template it takes, and what is spliced into it."""

import re
import time
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from uuid import UUID

from django.conf import settings

from newsletter import links
from newsletter.delivery.ledger import Opening
from newsletter.delivery.transports import Mail
from newsletter.models import Issue, Newsletter, Subscription
from newsletter.rendering.issues import issue_template
from newsletter.rendering.mime import MailTemplate, Personal
from newsletter.rendering.requests import REQUESTS, request_template

_ENVELOPE_ADDRESS = re.compile(r"[!-;=?-~]*")
"""Printable ASCII without the space and the brackets that end an address on the wire."""

_FRESHNESS = 60.0  # seconds for which a newsletter's own words may lag behind the admin


class Readers:
    """The readers of a group of mails, asked for at once and only if a mail has fields for them."""

    def __init__(self, openings: Sequence[Opening]) -> None:
        self._ids = [opening.subscription_id for opening in openings if opening.subscription_id]

    def of(self, opening: Opening) -> Mapping[str, object]:
        """Return what fills the fields of a mail, by their names."""
        found = self._found.get(opening.subscription_id) if opening.subscription_id else None
        return {**(found or {}), "email": opening.email}

    @cached_property
    def _found(self) -> dict[UUID, dict[str, object]]:
        rows = Subscription.objects.filter(pk__in=self._ids).values_list("pk", "name", "attributes")
        return {pk: {**(attributes or {}), "name": name} for pk, name, attributes in rows}


def warm_up() -> None:
    """Do once for all processes what the first mail of each would wait for: a tenth of a second."""
    issue_template(Issue(newsletter=Newsletter(slug="default")))


def write(opening: Opening, readers: Readers | None = None) -> Mail:
    """Return the finished mail; ``readers`` are those of its group.

    Raises ValueError for an address that cannot stand in an envelope, and whatever the template
    raises when the issue cannot be rendered.
    """
    if not _ENVELOPE_ADDRESS.fullmatch(opening.email):
        raise ValueError("the address cannot stand in an envelope")
    template, token = _template(opening), _token(opening)
    reader = (readers or Readers([opening])).of(opening) if template.has_fields else {}
    personal = Personal(opening.id, opening.email, token, reader)
    sender = links.bounce_address(opening.id) if settings.BOUNCE_ADDRESS else template.sender
    return Mail(sender, opening.email, template.fill(personal), opening.id)


def _template(opening: Opening) -> MailTemplate:
    if opening.kind in REQUESTS:
        minute = int(time.monotonic() / _FRESHNESS)
        return _request(opening.kind, opening.newsletter_id, opening.language or "", minute)
    if opening.issue_id is None:
        raise ValueError("the mail belongs to no issue")
    if opening.kind == "test":
        return issue_template(_issue(opening.issue_id), test=True)
    return _frozen_issue(opening.issue_id)


def _token(opening: Opening) -> str:
    if opening.kind == "test":
        return links.unsubscribe_token(links.NOBODY)
    if opening.subscription_id is None:
        raise ValueError("the mail belongs to no subscription")
    if opening.kind in REQUESTS:
        subject = opening.id if opening.kind == "address" else opening.subscription_id
        return REQUESTS[opening.kind].token(subject)
    return links.unsubscribe_token(opening.subscription_id)


@lru_cache(maxsize=64)
def _request(kind: str, newsletter_id: int, language: str, _minute: int) -> MailTemplate:
    return request_template(kind, Newsletter.objects.get(pk=newsletter_id), language)


@lru_cache(maxsize=8)
def _frozen_issue(issue_id: int) -> MailTemplate:
    """Return the template of a published issue: its content no longer changes."""
    return issue_template(_issue(issue_id))


def _issue(issue_id: int) -> Issue:
    related = ("newsletter__theme__logo", "theme__logo")
    return Issue.objects.select_related(*related).get(pk=issue_id)
