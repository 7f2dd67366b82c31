"""What an address may ask a list of the admin for: what the list's own filters do, and no more."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

_COMPARISONS = {"id", "exact", "in", "isnull", "gte", "lt"}
"""What the links of Django's filters hold. Others are slow, or an error of the database."""


class OwnLookups(ModelAdmin):
    """Django would let staff filter by every field of a model, by any comparison."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return super().lookup_allowed(lookup, value, request) and any(
            _asks(lookup, each) for each in self.get_list_filter(request)
        )


def _asks(lookup: str, own_filter: Any) -> bool:
    """Whether a lookup is one of a filter: of a field, or a class that has a name of its own."""
    if not isinstance(own_filter, str):
        return bool(lookup == own_filter.parameter_name)
    field, *parts = lookup.split("__")
    return field == own_filter and _COMPARISONS.issuperset(parts)
