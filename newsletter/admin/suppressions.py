"""Addresses that are never mailed: known by keyed hash, so they are asked for one by one."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from newsletter import suppressing
from newsletter.addresses import InvalidAddress, parse_address
from newsletter.admin.fast_lists import FastList
from newsletter.admin.readonly import ReadOnly
from newsletter.admin.subscription_forms import SuppressForm
from newsletter.models import Suppression
from zero2prod.staff import audit

LIST = "admin:newsletter_suppression_changelist"


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, FastList):
    list_display = ("short_digest", "reason", "note", "by", "created_at")
    list_filter = ("reason",)
    search_fields = ("digest",)
    search_help_text = "A whole address: is it never mailed, and why?"
    sortable_by = ()
    ordering = ("-pk",)
    fields = ("digest", "reason", "note", "by", "created_at")
    change_list_template = "admin/newsletter/suppression/change_list.html"

    @admin.display(description="hash")
    def short_digest(self, suppression: Suppression) -> str:
        return suppression.digest[:12]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        try:
            address = parse_address(search_term)
        except InvalidAddress as error:
            messages.warning(request, str(error))
            return queryset.none(), False
        return queryset & Suppression.objects.of_address(address), False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("newsletter.add_suppression"))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.answer(request, "add")

    def get_urls(self) -> list[URLPattern]:
        lift = path(
            "lift/", self.admin_site.admin_view(self.lift_view), name="newsletter_suppression_lift"
        )
        return [lift, *super().get_urls()]

    def lift_view(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request, "delete")

    def answer(self, request: HttpRequest, act: str) -> HttpResponse:
        """Ask for an address and why, and suppress it or lift its suppression."""
        if not request.user.has_perm(f"newsletter.{act}_suppression"):
            raise PermissionDenied
        is_lift = act == "delete"
        form = SuppressForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            given = {**form.cleaned_data, "by": request.user.get_username()}
            if is_lift:
                done = suppressing.lift(**given)
                told = "Lifted." if done else "The address was not suppressed."
            else:
                done = suppressing.suppress_by_hand(**given)
                told = "Never mailed again." if done else "The address was suppressed already."
            audit.record("suppression.lifted" if is_lift else "suppression.added", request=request)
            (messages.success if done else messages.info)(request, told)
            return redirect(LIST)
        label = "Lift a suppression" if is_lift else "Suppress an address"
        context = {**self.admin_site.each_context(request), "title": label, "form": form}
        context |= {"label": label, "is_lift": is_lift}
        return TemplateResponse(request, "admin/newsletter/suppression/form.html", context)
