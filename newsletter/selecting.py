"""Which readers somebody means at the desk: the filters of the list, or some chosen rows.

The list and what is done to “all that match” find readers by the same conditions.
"""

from dataclasses import asdict, astuple, dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from newsletter import audiences
from newsletter.models import Segment, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet

SHORTEST_SEARCH = 3
"""Characters: a trigram has three."""


class InvalidSelection(ValueError):
    """These readers cannot be meant; the message is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Every part that is not empty narrows it; ``ids`` are rows that were ticked."""

    status: str = ""
    newsletter: str = ""
    tag: str = ""
    language: str = ""
    segment: str = ""
    search: str = ""
    ids: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stored: Any) -> "Selection":
        """Read what `as_json` wrote; raise InvalidSelection for anything else."""
        try:
            selection = cls(**{**stored, "ids": tuple(stored.get("ids", ()))})
        except (AttributeError, TypeError) as error:
            raise InvalidSelection("These are no readers.") from error
        if not all(isinstance(text, str) for text in (*astuple(selection)[:-1], *selection.ids)):
            raise InvalidSelection("These are no readers.")
        return selection

    def as_json(self) -> dict[str, Any]:
        return {part: value for part, value in asdict(self).items() if value}

    def readers(self, among: SubscriptionQuerySet | None = None) -> SubscriptionQuerySet:
        """Return whom it means; raise InvalidSelection."""
        found = Subscription.objects.all() if among is None else among
        if self.status:
            if self.status not in Subscription.Status:
                raise InvalidSelection(f"“{self.status}” is no status.")
            found = found.filter(status=self.status)
        if self.newsletter:
            found = found.filter(newsletter=_number(self.newsletter))
        if self.tag:
            found = found.filter(tags__contains=[self.tag])
        if self.language:
            found = found.filter(language=self.language)
        if self.segment:
            found = _in_segment(found, self.segment)
        if self.search:
            found = searched(found, self.search)
        return found.filter(pk__in=self._pks()) if self.ids else found

    def _pks(self) -> list[UUID]:
        try:
            return [UUID(pk) for pk in self.ids]
        except ValueError as error:
            raise InvalidSelection("A chosen row is none.") from error


def searched(readers: SubscriptionQuerySet, text: str) -> SubscriptionQuerySet:
    """Find a part of an address or name, by its trigrams; raise InvalidSelection."""
    part = text.strip().lower()
    if len(part) < SHORTEST_SEARCH:
        raise InvalidSelection(f"Search for at least {SHORTEST_SEARCH} characters.")
    return readers.annotate(lower_email=Lower("email"), lower_name=Lower("name")).filter(
        Q(lower_email__contains=part) | Q(lower_name__contains=part)
    )


def _in_segment(readers: SubscriptionQuerySet, pk: str) -> SubscriptionQuerySet:
    segment = Segment.objects.select_related("newsletter").filter(pk=_number(pk)).first()
    if segment is None:
        raise InvalidSelection("There is no such segment.")
    try:
        definition = audiences.of_segment(segment)
    except audiences.InvalidDefinition as error:
        raise InvalidSelection(str(error)) from error
    return audiences.matching(segment.newsletter, definition, among=readers)


def _number(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise InvalidSelection(f"“{text}” is no number.")
