"""What an address may ask a list of the admin for: what the list's own filters do, and no more."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

_EXPRESSIONS = {"regex", "iregex"}
"""A wrong one is an error of the database, a clever one keeps it busy."""


class OwnLookups(ModelAdmin):
    """Django would let staff filter by every field of a model, by any comparison."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        field, *parts = lookup.split("__")
        filters: list[Any] = list(self.get_list_filter(request))
        own = {each if isinstance(each, str) else each.parameter_name for each in filters}
        is_own = field in own and _EXPRESSIONS.isdisjoint(parts)
        return is_own and super().lookup_allowed(lookup, value, request)
