"""How a reader comes: the sign-up.

A sign-up and the promise of its mail are one statement, and so one commit. What a stranger types
never changes a row that exists: only who holds a link from the mailbox does.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import structlog
from django.conf import settings
from django.db import IntegrityError

from newsletter import consenting, links, metrics
from newsletter.consenting import Agreement
from newsletter.guarding import alarm, budgets
from newsletter.models import Consent, Newsletter, Subscription, Wording
from newsletter.models.suppressions import address_digests
from newsletter.sign_up_statement import PARAMETERS, SIGN_UP
from zero2prod.postgres.group_commit import GroupCommit

logger = structlog.get_logger(__name__)


class TooMany(Exception):
    """The client has signed up as often as it may; the argument is the seconds until the next."""


class ProofNeeded(Exception):
    """There are far more sign-ups than usual, and this one came without a proof of work."""


class ProofSpent(Exception):
    """The proof of work, or the ticket, has been used before."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who signs up, as far as it is known."""

    client: str = ""
    """His IP address; empty if it is not known, which no limit can hold."""
    proof: UUID | None = None
    """Under which key his verified proof of work or ticket is used up."""


NOBODY = Visitor()


def sign_up(
    *,
    newsletter: Newsletter,
    email: str,
    name: str,
    language: str = "",
    agreed: Agreement | None = None,
    visitor: Visitor = NOBODY,
) -> None:
    """Store a reader who waits for confirmation, what he agreed to and his mail, in one commit.

    An address that is known gets another mail if it could be confirmed and within the limits; a
    suppressed one leaves no row. The caller learns nothing of that, and neither does a visitor.
    Mails speak `language`; empty: the newsletter's. Who was shown no words in particular agrees to
    those of today. Raises TooMany, ProofNeeded or ProofSpent, which do not depend on
    the address.
    """
    agreed = agreed or consenting.agreement(newsletter)
    outcome, subscription, mail, seconds = _run(
        visitor, agreed, newsletter=newsletter, email=email, name=name, language=language
    )
    metrics.SIGN_UPS.labels(outcome).inc()
    if outcome == "proof_needed":
        if settings.SIGNUP_PROOF == "attack":
            alarm.raise_alarm()
        raise ProofNeeded
    if outcome == "proof_spent":
        raise ProofSpent
    if outcome == "limited":
        logger.info("signing_up.limited", newsletter=newsletter.slug, seconds=seconds)
        raise TooMany(seconds)
    _log(outcome, newsletter, subscription, mail)


def renew(*, token: str, visitor: Visitor = NOBODY) -> None:
    """Sign up once more who holds a confirmation link, however old; raise InvalidToken.

    He agrees to the words that he agreed to before. Whether he still waits for his confirmation,
    and is within the limits, the caller does not learn. A link is good for one new mail a day.
    """
    try:
        subscription_id, _ = links.read_confirmation_token(token)
    except links.ExpiredToken as error:
        subscription_id = error.row_id
    reader = Subscription.objects.select_related("newsletter").filter(pk=subscription_id).first()
    if reader is None:
        return
    words = reader.consents.filter(act=Consent.Act.SIGNED_UP).order_by("-id").first()
    shown = Wording.objects.named(reader.newsletter, words.wording_version) if words else None
    agreed = consenting.agreement(
        reader.newsletter, wording=shown, page=words.page if words else ""
    )
    # The token is proof enough while proofs are asked for.
    known = replace(visitor, proof=budgets.key("renewal", token))
    with suppress(TooMany, ProofSpent):
        sign_up(
            newsletter=reader.newsletter,
            email=reader.email,
            name=reader.name,
            agreed=agreed,
            visitor=known,
        )


def _run(
    visitor: Visitor,
    agreed: Agreement,
    *,
    newsletter: Newsletter,
    email: str,
    name: str,
    language: str,
) -> tuple[str, UUID | None, UUID | None, int]:
    guarded = settings.SIGNUP_LIMITS
    given = {
        "guarded": guarded,
        "always": settings.SIGNUP_PROOF == "always",
        "rate": settings.SIGNUP_ATTACK_RATE if settings.SIGNUP_PROOF == "attack" else 0,
        "proof": visitor.proof,
        "client": budgets.client_key(visitor.client) if guarded else None,
        "network": budgets.network_key(visitor.client) if guarded else None,
        "address": budgets.address_key(email),
        "digests": address_digests(email),
        "reader": uuid4(),
        "mail": uuid4(),
        "newsletter": newsletter.pk,
        "email": email,
        "name": name,
        "language": "" if language == newsletter.language else language,
        "wording": agreed.wording.text,
        "wording_version": agreed.wording.name,
        "locale": agreed.wording.language,
        "page": agreed.page,
        "ip_address": agreed.client.ip_address,
        "user_agent": agreed.client.user_agent,
    }
    locked = [key for name in _LOCKED if isinstance(key := given[name], UUID)]
    values = [given[name] for name in PARAMETERS]
    try:
        row: Any = _together.run(values, locked)
    except IntegrityError as error:
        if not isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation):
            raise
        # Who was known has been forgotten at this very moment. Nothing is stored yet: he is new.
        row = _together.run(values, locked)
    return row  # type: ignore[no-any-return]


_LOCKED = ("proof", "client", "network", "address")
"""Keys of all rows for which one sign-up can wait for another; an address has one mailbox."""
_together = GroupCommit(SIGN_UP)


def _log(
    outcome: str, newsletter: Newsletter, subscription: UUID | None, mail: UUID | None
) -> None:
    """Log what happened by ids."""
    if mail is None:
        known = str(subscription) if subscription else None
        logger.info("subscribing.not_mailed", reason=outcome, subscription=known)
        return
    logger.info(
        "subscribing.signed_up",
        subscription=str(subscription),
        delivery=str(mail),
        newsletter=newsletter.slug,
        again=outcome == "mailed_again",
    )
