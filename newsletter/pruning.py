"""What is forgotten by itself when its time is over: the workers do it once a day.

It goes in small steps, each a commit of its own, so that nobody waits long for its locks and a step
that is repeated does no harm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, Func, OuterRef, Q
from django.db.models.functions import Lower, Now
from django.db.models.query import QuerySet

from newsletter import links, privacy
from newsletter.guarding import budgets
from newsletter.importing import ranges
from newsletter.models import Allowance, Chore, Consent, Delivery, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet

EVERY = timedelta(days=1)
STEP = 500
"""Rows of one step."""

_Status, _Kind = Subscription.Status, Delivery.Kind
_A_DAY = timedelta(days=1)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of what is forgotten: its rows that are over, and how some of them go."""

    name: str
    over: Callable[[], QuerySet[Any]]
    forget: Callable[[], int]
    """Do one step; return how many rows it was, and zero when none was left."""


def prune(*, keep_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Forget everything whose time is over; return how much of each kind.

    ``keep_on`` is asked between two steps: a worker renews its leases meanwhile, or is stopped.
    """
    counts = {}
    for kind in KINDS:
        counts[kind.name] = 0
        while keep_on() and (forgotten := kind.forget()):
            counts[kind.name] += forgotten
    if any(counts.values()):
        logger.info("pruning.pruned", **counts)
    return counts


def survey() -> dict[str, int]:
    """Return how much `prune` would forget now."""
    return {kind.name: kind.over().count() for kind in KINDS}


def prune_if_due(*, keep_on: Callable[[], bool]) -> None:
    """Do it once a day, by whichever worker comes first."""
    if Chore.objects.take("prune", EVERY):
        prune(keep_on=keep_on)


def _asked_lately() -> Exists:
    """Whether somebody holds a link that still works: he has signed up, and may confirm."""
    return Exists(
        Delivery.objects.filter(
            kind__in=[_Kind.CONFIRMATION, _Kind.REMINDER],
            subscription=OuterRef("pk"),
            created_at__gt=Now() - links.CONFIRMATION_LIFETIME - _A_DAY,
        )
    )


def _unconfirmed() -> SubscriptionQuerySet:
    """Who never confirmed, and cannot any more."""
    return Subscription.objects.filter(
        ~_asked_lately(),
        status=_Status.PENDING_CONFIRMATION,
        confirmed_at=None,
        subscribed_at__lt=Now() - timedelta(days=settings.PRIVACY_UNCONFIRMED_DAYS),
    )


def _forget_unconfirmed() -> int:
    """They were never readers: nothing is remembered of them."""
    some = Subscription.objects.filter(
        pk__in=list(_unconfirmed().values_list("pk", flat=True)[:STEP])
    )
    with transaction.atomic():
        list(some.select_for_update().order_by("pk"))
        # Asked again of the locked: some may have signed up once more, or been confirmed.
        found = list(_unconfirmed() & some)
        privacy.forget(found)
    return len(found)


def _left() -> SubscriptionQuerySet:
    """Who left long ago, has not asked to come back, and reads nothing else here."""
    if not settings.PRIVACY_LEFT_DAYS:
        return Subscription.objects.none()
    is_over = Q(
        ~_asked_lately(),
        status=_Status.UNSUBSCRIBED,
        unsubscribed_at__lt=Now() - timedelta(days=settings.PRIVACY_LEFT_DAYS),
    )
    readers = Subscription.objects.annotate(address=Lower("email"))
    elsewhere = readers.filter(~is_over, address=OuterRef("address"))
    return readers.filter(is_over, ~Exists(elsewhere))


def _forget_left() -> int:
    return sum(map(_forget_who_left, list(_left().values_list("email", flat=True)[:STEP])))


def _forget_who_left(email: str) -> int:
    with transaction.atomic():
        ranges.hold_back()  # first, as `erase_person` does: a range may wait for these rows
        list(Subscription.objects.with_address(email).select_for_update().order_by("pk"))
        has_come_back = not _left().with_address(email).exists()
        return 0 if has_come_back else privacy.erase_person(email=email)


def _devices() -> QuerySet[Consent]:
    return Consent.objects.filter(
        salt__isnull=False, at__lt=Now() - timedelta(days=settings.PRIVACY_CLIENT_DAYS)
    )


def _forget_devices() -> int:
    """The database lets nothing else of a consent be changed."""
    some = Consent.objects.filter(pk__in=_devices().values("pk")[:STEP])
    return some.update(ip_address=None, user_agent="", salt=None)


def _addresses() -> QuerySet[Delivery]:
    """Addresses to which somebody wanted to change: their links are over."""
    return Delivery.objects.filter(
        kind=_Kind.ADDRESS,
        next_at=None,
        lease_until=None,
        created_at__lt=Now() - links.ADDRESS_LIFETIME - _A_DAY,
    ).exclude(recipient="")


def _forget_addresses() -> int:
    some = Delivery.objects.filter(pk__in=_addresses().values("pk")[:STEP])
    return some.update(recipient="")


def _sessions() -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=Now())


def _forget_sessions() -> int:
    some = Session.objects.filter(pk__in=list(_sessions().values_list("pk", flat=True)[:STEP]))
    return some.delete()[0]


def _allowances() -> QuerySet[Allowance]:
    """The last time of each is the last of its array; a day ago it means nothing."""
    newest = Func(F("spent"), template="(%(expressions)s)[cardinality(%(expressions)s)]")
    last = ExpressionWrapper(newest, output_field=DateTimeField())
    return Allowance.objects.annotate(last=last).filter(
        Q(last__isnull=True) | Q(last__lt=Now() - _A_DAY)
    )


KINDS = (
    Kind("unconfirmed", _unconfirmed, _forget_unconfirmed),
    Kind("left", _left, _forget_left),
    Kind("devices", _devices, _forget_devices),
    Kind("addresses", _addresses, _forget_addresses),
    Kind("sessions", _sessions, _forget_sessions),
    Kind("allowances", _allowances, budgets.prune),
)
"""Forgotten in this order: sign-ups that nobody confirmed, readers who left, IP addresses and
programs in consents, addresses that were asked for, staff's sessions, and counts of the limits."""
