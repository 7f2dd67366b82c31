"""Lists of tables that grow to millions of rows: nothing is counted or sorted in whole."""

from functools import cached_property
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from newsletter.patience import within

DEEPEST = 10_000
"""Rows that can be paged through; who looks for more narrows his search."""
PATIENCE_MS = 2_000


class CappedPaginator(Paginator):
    """Counts no further than anybody pages, so that no page is deep and no count is long."""

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by()[:DEEPEST].count()


def _found_before_sorted(rows: QuerySet[Model]) -> QuerySet[Model]:
    """Return few rows in the same order, by an expression that no index has.

    PostgreSQL would else walk an index in that order until it has met enough of them, which may be
    the whole table; their counting has found all of them by their conditions.
    """
    first, *others = rows.query.order_by
    if not isinstance(first, str):
        return rows
    column = first.removeprefix("-")
    by = Coalesce(column, column)
    return rows.order_by(by.desc() if first.startswith("-") else by.asc(), *others)


class FastChangeList(ChangeList):
    """Sorts by what `sortable_by` names only, tells a number only as far as it was counted."""

    def get_ordering_field(self, field_name: Any) -> Any:
        is_quick = field_name in (self.sortable_by or ())
        return super().get_ordering_field(field_name) if is_quick else None

    def get_results(self, request: HttpRequest) -> None:
        if within(PATIENCE_MS, lambda: self._load(request)) is None:
            messages.warning(request, "To look for this would take too long; narrow the search.")
            self.queryset = self.queryset.none()
            self._load(request)

    def _load(self, request: HttpRequest) -> bool:
        super().get_results(request)
        if self.result_count < DEEPEST:
            self.paginator.object_list = _found_before_sorted(self.queryset)
            self.result_list = self.paginator.get_page(self.page_num).object_list
        self.result_list = list(self.result_list)  # read now, while somebody watches the time
        return True

    @property
    def told_count(self) -> str:
        """Return how many rows there are, in words; the templates show it."""
        if self.result_count < DEEPEST:
            names = (
                self.opts.verbose_name if self.result_count == 1 else self.opts.verbose_name_plural
            )
            return f"{self.result_count:,} {names}"
        model_admin = cast("FastList", self.model_admin)
        whole = "" if self.query or self.has_active_filters else model_admin.told_whole()
        return f"The first {DEEPEST:,} of {whole or 'more'}"


class FastList(admin.ModelAdmin):
    """A list whose every page is quick."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FastChangeList

    def told_whole(self) -> str:
        """Return about how many rows the table has, in words; empty: not known."""
        return ""
