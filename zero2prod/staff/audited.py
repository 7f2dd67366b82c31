"""Pages of models in the admin whose additions, changes and deletions are recorded."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from zero2prod.staff import audit
from zero2prod.staff.lookups import OwnLookups


class Audited(ModelAdmin):
    """Django calls these for each row that a form or the deletion of chosen rows has written."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record("added", request, obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        self._record("changed", request, obj, fields=_changed_fields(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            self._record("deleted", request, obj)
        return super().log_deletions(request, queryset)

    def _record(self, act: str, request: HttpRequest, obj: Model, **details: Any) -> None:
        audit.record(f"{self.opts.model_name}.{act}", request=request, target=obj, **details)


def audited(admin_class: type[ModelAdmin]) -> type[ModelAdmin]:
    """Return the same pages, recorded, and filtered by nothing but what they offer themselves."""
    if issubclass(admin_class, Audited):
        return admin_class
    lists = () if issubclass(admin_class, OwnLookups) else (OwnLookups,)
    bases = (Audited, admin_class, *lists)
    return type(admin_class.__name__, bases, {"__doc__": admin_class.__doc__})


def _changed_fields(message: Any) -> list[str]:
    """Return the names of fields out of Django's message; what stands in them is not kept."""
    changes = message if isinstance(message, list) else []
    parts = [change.get("changed") or {} for change in changes]
    return [field for part in parts for field in part.get("fields", [])]
