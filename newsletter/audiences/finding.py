"""From conditions to readers: querysets with parameters, never text from an editor as SQL."""

from dataclasses import replace
from functools import reduce
from operator import and_, or_

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import GreaterThan

from newsletter.audiences.definitions import Condition, Definition, parse
from newsletter.audiences.kinds import KINDS
from newsletter.models import Issue, Newsletter, Segment, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet

IS_PAUSED = Coalesce(GreaterThan(F("paused_until"), Now()), Value(False))
"""Whether a reader wants no issue for now: his row in the ledger is made, and skipped at once."""


def matching(
    newsletter: Newsletter, definition: Definition, among: SubscriptionQuerySet | None = None
) -> SubscriptionQuerySet:
    """Return the subscriptions of a newsletter that meet a definition, whatever their status."""

    def asked(conditions: tuple[Condition, ...]) -> list[Q]:
        return [KINDS[each.what].ask(newsletter, each.key, each.value) for each in conditions]

    among = Subscription.objects.all() if among is None else among
    found = among.filter(newsletter=newsletter)
    if definition.conditions:
        found = found.filter(
            reduce(or_ if definition.match_any else and_, asked(definition.conditions))
        )
    if definition.exclusions:
        found = found.exclude(reduce(or_, asked(definition.exclusions)))
    return found


def readers_of(newsletter: Newsletter, definition: Definition) -> SubscriptionQuerySet:
    """Return whom of a newsletter's readers an issue with this definition would be sent to now."""
    return matching(newsletter, definition).confirmed()


def of_segment(segment: Segment) -> Definition:
    """Return a segment's conditions under its name; raise InvalidDefinition."""
    return replace(parse(segment.definition), name=segment.name)


def conditions_of(issue: Issue) -> Definition:
    """Return the conditions of an issue's audience: its own, else those of its segment.

    Raises InvalidDefinition for what this version does not understand.
    """
    if issue.segment is not None:
        return of_segment(issue.segment)
    return parse(issue.audience)


def audience(issue: Issue) -> SubscriptionQuerySet:
    """Return whom an issue is sent to, or would be sent to now; raise InvalidDefinition."""
    return readers_of(issue.newsletter, conditions_of(issue))
