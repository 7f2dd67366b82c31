"""The record of what staff did: who, what, to what, when, from where. Rows are only added."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from zero2prod.client_address import client_address
from zero2prod.staff.models import AuditEntry

TERMINAL = "manage.py"
"""Who acts by a command."""

logger = structlog.get_logger(__name__)


def record(
    verb: str,
    *,
    request: HttpRequest | None,
    target: Model | None = None,
    actor: AbstractBaseUser | None = None,
    **details: Any,
) -> None:
    """Write down one act, and log it.

    `verb` is a noun and a past participle, such as ``issue.published``. `request` is None for a
    command. `actor` is needed only where it is not the request's user. `details` are numbers and
    words known beforehand: never an address, a name of a reader, or anything secret. The target's
    name is kept if its model says ``is_named_in_audit = True``; a reader has none here, since the
    record outlives his erasure.
    """
    who = actor or (request.user if request and request.user.is_authenticated else None)
    entry = AuditEntry.objects.create(
        actor_id=who.pk if who else None,
        actor_name=who.get_username() if who else "" if request else TERMINAL,
        verb=verb,
        target_type=_type_of(target),
        target_id=str(target.pk) if target else "",
        target_name=_name_of(target),
        details=details,
        address=_address_of(request),
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    if request:
        request.is_audited = True  # type: ignore[attr-defined]
    logger.info(
        "staff.acted",
        verb=verb,
        entry=entry.pk,
        actor=entry.actor_id,
        target=f"{entry.target_type} {entry.target_id}".strip(),
    )


@contextmanager
def recorded(verb: str, **what: Any) -> Iterator[None]:
    """Do what stands inside and record it in one commit; if it raises, neither has happened."""
    with transaction.atomic():
        yield
        record(verb, **what)


def is_recorded(request: HttpRequest) -> bool:
    return getattr(request, "is_audited", False)


def _type_of(target: Model | None) -> str:
    if target is None:
        return ""
    kind = ContentType.objects.get_for_model(target)
    return f"{kind.app_label}.{kind.model}"


def _name_of(target: Model | None) -> str:
    if isinstance(target, AbstractBaseUser | Group) or getattr(target, "is_named_in_audit", False):
        return str(target)[:200]
    return ""


def _address_of(request: HttpRequest | None) -> str | None:
    if request is None or not settings.STAFF_AUDIT_ADDRESSES:
        return None
    return client_address(request) or None
