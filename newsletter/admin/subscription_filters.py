"""The filters beside the list of readers; what they find is what `Selection` finds."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from newsletter import known_values
from newsletter.models import Newsletter, Segment, Subscription
from newsletter.selecting import InvalidSelection, Selection


class SelectionFilter(admin.SimpleListFilter):
    """A filter whose value is one part of a `Selection`."""

    def values(self) -> Iterable[tuple[str, str]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the known values, and the present one even if it is rare."""
        known = list(self.values())
        present = request.GET.get(str(self.parameter_name), "")
        if present and present not in {value for value, _ in known}:
            known.append((present, present))
        return known

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Subscription]
    ) -> QuerySet[Subscription]:
        value = self.value()
        if not value:
            return queryset
        try:
            selection = Selection.from_json({str(self.parameter_name): value})
            return selection.readers(among=queryset)  # type: ignore[arg-type]
        except InvalidSelection as error:
            messages.error(request, str(error))
            return queryset.none()


class StatusFilter(SelectionFilter):
    title = parameter_name = "status"

    def values(self) -> Iterable[tuple[str, str]]:
        return Subscription.Status.choices


class TagFilter(SelectionFilter):
    title = parameter_name = "tag"

    def values(self) -> Iterable[tuple[str, str]]:
        return [(tag, tag) for tag in known_values.tags()]


class LanguageFilter(SelectionFilter):
    title = parameter_name = "language"

    def values(self) -> Iterable[tuple[str, str]]:
        return [(code, code) for code in known_values.languages()]


class SegmentFilter(SelectionFilter):
    title = parameter_name = "segment"

    def values(self) -> Iterable[tuple[str, str]]:
        names = Segment.objects.values_list("pk", "name")[: known_values.MOST]
        return [(str(pk), name) for pk, name in names]


class NewsletterFilter(SelectionFilter):
    title = parameter_name = "newsletter"

    def values(self) -> Iterable[tuple[str, str]]:
        return [(str(pk), title) for pk, title in Newsletter.objects.values_list("pk", "title")]

    def has_output(self) -> bool:
        """One newsletter is nothing to choose from."""
        return len(self.lookup_choices) > 1
