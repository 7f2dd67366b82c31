"""Changes to many readers: a page that asks, and a list of them with how far they have come."""

import json

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from newsletter import audiences, bulk, known_values
from newsletter.admin.display import ago, pill
from newsletter.admin.readonly import ReadOnly
from newsletter.admin.subscription_forms import BulkForm
from newsletter.models import BulkChange
from newsletter.selecting import InvalidSelection, Selection
from zero2prod.staff import audit

LIST = "admin:newsletter_subscription_changelist"


def ask(
    request: HttpRequest, selection: Selection, site: AdminSite, form: BulkForm | None = None
) -> HttpResponse:
    """Ask what to do with some readers, whose number is told."""
    try:
        number = audiences.count(selection.readers())
    except InvalidSelection as error:
        messages.error(request, str(error))
        return redirect(LIST)
    parts = selection.as_json()
    if form is None:
        form = BulkForm(initial={"selection": parts})
    context = {
        **site.each_context(request),
        "title": "Change many readers",
        "form": form,
        "stored": json.dumps(parts),
        "number": number,
        "parts": {name: value for name, value in parts.items() if name != "ids"},
        "is_chosen": bool(selection.ids),
        "known_tags": known_values.tags(),
    }
    return TemplateResponse(request, "admin/newsletter/subscription/bulk.html", context)


def answer(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Begin what was asked for; a small change is done at once, the workers go on with a large."""
    if request.method != "POST":
        return redirect(LIST)
    form = BulkForm(request.POST)
    if not form.is_valid():
        try:
            selection = Selection.from_json(json.loads(request.POST.get("selection", "")))
        except (ValueError, InvalidSelection):
            messages.error(request, "Choose the readers again; nothing was done.")
            return redirect(LIST)
        return ask(request, selection, site, form)
    given = form.cleaned_data
    change = bulk.start(
        selection=given["selection"],
        act=given["act"],
        tag=given["tag"],
        by=request.user.get_username(),
    )
    audit.record(
        "subscriptions.changed", request=request, target=change, act=change.act, tag=change.tag
    )
    if change.state == BulkChange.State.DONE:
        messages.success(request, f"Done: {change.changed:,} of {change.seen:,} were changed.")
        return redirect(LIST)
    messages.info(request, "A worker goes on with it; reload this page to see how far it is.")
    return redirect("admin:newsletter_bulkchange_change", change.pk)


@admin.register(BulkChange)
class BulkChangeAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("__str__", "state_pill", "changed", "seen", "by", "started")
    list_filter = ("state",)
    show_full_result_count = False
    fields = ("act", "tag", "meant", "by", "state_pill", "changed", "seen", "created_at")
    change_form_template = "admin/newsletter/bulkchange/change_form.html"

    @admin.display(description="state")
    def state_pill(self, change: BulkChange) -> SafeString:
        return pill(change.state)

    @admin.display(description="readers meant")
    def meant(self, change: BulkChange) -> str:
        parts = dict(change.selection)
        if chosen := len(parts.pop("ids", [])):
            return f"{chosen:,} chosen"
        return ", ".join(f"{name} {value}" for name, value in parts.items()) or "all"

    @admin.display(ordering="created_at")
    def started(self, change: BulkChange) -> str:
        return ago(change.created_at)

    def get_urls(self) -> list[URLPattern]:
        stop = path(
            "<int:pk>/stop/",
            self.admin_site.admin_view(self.stop_view),
            name="newsletter_bulkchange_stop",
        )
        return [stop, *super().get_urls()]

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST" or not request.user.has_perm("newsletter.change_subscription"):
            raise PermissionDenied
        if bulk.stop(pk=pk):
            messages.success(request, "Stopped; what was changed stays changed.")
        else:
            messages.info(request, "It was over already.")
        return redirect("admin:newsletter_bulkchange_change", pk)
