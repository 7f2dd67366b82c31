"""Readers whom staff adds by hand: with a mail that asks them, or with proof that they agreed.

Nobody is brought back this way who has left, bounced, complained or must never be mailed.
"""

from uuid import uuid4

import structlog
from django.db import transaction
from django.db.models.functions import Now

from newsletter import changing, metrics, signing_up
from newsletter.changing import InvalidChange
from newsletter.models import BulkChange, Change, Consent, Newsletter, Subscription, Suppression

LONGEST_SOURCE = 200
SHORTEST_STATEMENT = 10
"""Characters: enough for a place and a day."""

Status = Subscription.Status
logger = structlog.get_logger(__name__)

_WHY_NOT = {
    Status.CONFIRMED: "He is a confirmed reader already.",
    Status.UNSUBSCRIBED: "He has left. Only he himself can come back, by the sign-up page.",
    Status.BOUNCED: "His mailbox does not exist or refused our mail. Lift the suppression first.",
    Status.COMPLAINED: "He called a mail of ours spam. He must not be mailed again.",
}


class NotAdded(Exception):
    """The address stays as it is; the message is the sentence to show."""


def invite(
    *, newsletter: Newsletter, email: str, name: str, by: str, tags: list[str]
) -> Subscription:
    """Let somebody confirm that he wants the newsletter: a normal sign-up with its mail.

    Raises NotAdded where no mail would go out, and InvalidChange for a bad tag.
    """
    tags = [changing.parse_tag(tag) for tag in tags]
    with transaction.atomic():
        known = _known(newsletter, email)
        _refuse(known, email)
        try:
            signing_up.sign_up(newsletter=newsletter, email=email, name=name)
        except (signing_up.TooMany, signing_up.ProofNeeded) as error:
            raise NotAdded("Too many sign up just now; try again in a while.") from error
        reader = _known(newsletter, email)
        if reader is None:
            raise NotAdded("The sign-up was not taken; try again in a while.")
        _record(reader, by, "was sent a mail that asks for confirmation", tags)
    return reader


def add_agreed(
    *, newsletter: Newsletter, email: str, name: str, by: str, statement: str, tags: list[str]
) -> Subscription:
    """Add a confirmed reader whose consent is on record elsewhere; the statement says where.

    It is kept as the evidence in his chain of consents. Raises NotAdded and InvalidChange.
    """
    tags = [changing.parse_tag(tag) for tag in tags]
    words = " ".join(statement.split())
    if len(words) < SHORTEST_STATEMENT:
        raise InvalidChange("Say where and when he agreed, such as “form at the fair, 3 May”.")
    with transaction.atomic():
        known = _known(newsletter, email)
        _refuse(known, email)
        reader = known or Subscription(pk=uuid4(), newsletter=newsletter, email=email)
        reader.name = name or reader.name
        reader.status, reader.confirmed_at = Status.CONFIRMED, Now()
        reader.source = reader.source or words[:LONGEST_SOURCE]
        reader.save()
        Consent.objects.create(
            subscription=reader, act=Consent.Act.IMPORTED, wording=words, page="admin"
        )
        _record(reader, by, "agreed elsewhere", tags)
    metrics.CONFIRMATIONS.inc()
    logger.info("adding.added", subscription=str(reader.pk))
    return reader


def _known(newsletter: Newsletter, email: str) -> Subscription | None:
    of_newsletter = Subscription.objects.filter(newsletter=newsletter)
    return of_newsletter.with_address(email).select_for_update(of=["self"]).first()


def _refuse(known: Subscription | None, email: str) -> None:
    if known is not None and known.status != Status.PENDING_CONFIRMATION:
        raise NotAdded(_WHY_NOT[Status(known.status)])
    found = Suppression.objects.of_address(email).first()
    if found is not None:
        raise NotAdded(f"The address is never to be mailed ({found.get_reason_display()}).")


def _record(reader: Subscription, by: str, detail: str, tags: list[str]) -> None:
    Change.objects.create(subscription=reader, act=Change.Act.ADDED, detail=detail, by=by)
    one = Subscription.objects.filter(pk=reader.pk)
    for tag in tags:
        changing.change(one, act=BulkChange.Act.TAG, tag=tag, by=by)
