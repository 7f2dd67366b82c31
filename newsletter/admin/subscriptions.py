"""Readers: found at once among a million, each with a page of his own, changed one or all."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from newsletter import known_values, selecting
from newsletter.admin import bulk_pages, person_pages
from newsletter.admin.display import ago, pill
from newsletter.admin.fast_lists import DEEPEST, FastList
from newsletter.admin.subscription_filters import (
    LanguageFilter,
    NewsletterFilter,
    SegmentFilter,
    StatusFilter,
    TagFilter,
)
from newsletter.models import Subscription
from newsletter.selecting import InvalidSelection, Selection


@admin.register(Subscription)
class SubscriptionAdmin(FastList):
    list_display = ("email", "name", "status_pill", "tag_list", "newsletter", "signed_up")
    list_filter = (StatusFilter, TagFilter, SegmentFilter, LanguageFilter, NewsletterFilter)
    list_select_related = ("newsletter",)
    search_fields = ("email",)
    search_help_text = "Any part of an address or a name, of three characters or more."
    sortable_by = ("signed_up",)
    ordering = ("-subscribed_at", "pk")
    actions = ("change_chosen",)

    def told_whole(self) -> str:
        about = known_values.readers()
        # The statistics are a minute behind a large import.
        return f"about {about:,} subscriptions" if about > DEEPEST else ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        try:
            return selecting.searched(queryset, search_term), False  # type: ignore[arg-type]
        except InvalidSelection as error:
            messages.warning(request, str(error))
            return queryset.none(), False

    def has_change_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Allow the actions of the list, for which Django asks without a row; no form edits one."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """A person is erased whole, from his page."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return person_pages.add(request, self.admin_site)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the person; what can be done with him are buttons of their own."""
        if not self.has_view_permission(request) or request.method != "GET":
            raise PermissionDenied
        reader = self.get_object(request, object_id)
        if reader is None:
            raise Http404
        return person_pages.show(request, reader, self.admin_site)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        *urls, any_other = super().get_urls()
        return [
            path("bulk/", guarded(self.bulk_view), name="newsletter_subscription_bulk"),
            *urls,
            path("<uuid:pk>/<slug:deed>/", guarded(self.deed_view), name="newsletter_person_deed"),
            any_other,
        ]

    def deed_view(self, request: HttpRequest, pk: UUID, deed: str) -> HttpResponse:
        return person_pages.do(request, pk, deed, self.admin_site)

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        if not super().has_change_permission(request):
            raise PermissionDenied
        return bulk_pages.answer(request, self.admin_site)

    @admin.action(description="Tag, untag or unsubscribe…", permissions=["change"])
    def change_chosen(self, request: HttpRequest, _chosen: Any) -> HttpResponse:
        """Ask what to do with the ticked rows, or with all that the filters find."""
        if request.POST.get("select_across") == "1":
            names = [each.parameter_name for each in self.list_filter]
            parts = {name: request.GET.get(name, "") for name in names}
            search = request.GET.get("q", "").strip()
            selection = Selection.from_json({**parts, "search": search})
        else:
            selection = Selection(ids=tuple(request.POST.getlist("_selected_action")))
        return bulk_pages.ask(request, selection, self.admin_site)

    @admin.display(description="status")
    def status_pill(self, subscription: Subscription) -> SafeString:
        return pill(subscription.status)

    @admin.display(description="tags")
    def tag_list(self, subscription: Subscription) -> str:
        return ", ".join(subscription.tags)

    @admin.display(ordering="subscribed_at")
    def signed_up(self, subscription: Subscription) -> str:
        return ago(subscription.subscribed_at)
