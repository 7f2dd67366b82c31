"""Imports: a file is uploaded, its columns chosen, checked, imported, watched, and taken back.

Its page shows what can be done in its state. The work itself is the workers'.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from newsletter import importing
from newsletter.admin import exports, import_uploads
from newsletter.admin.display import ago, pill
from newsletter.admin.import_forms import ChoicesForm, UploadForm
from newsletter.admin.readonly import ReadOnly
from newsletter.importing import ImportingError, Layout, columns, reports
from newsletter.importing.control import CANCELLABLE, UNDOABLE
from newsletter.importing.steps import UNDECIDED
from newsletter.models import Import, Newsletter
from newsletter.models.imports import UNDER_WAY
from zero2prod.staff import audit

State = Import.State


@admin.register(Import)
class ImportAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("file_name", "state_pill", "outcome", "newsletter", "source", "started")
    list_filter = ("state", "newsletter")
    list_select_related = ("newsletter",)
    show_full_result_count = False
    change_list_template = "admin/newsletter/import/change_list.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("newsletter.import_subscriptions")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    @admin.display(description="state", ordering="state")
    def state_pill(self, batch: Import) -> SafeString:
        return pill(batch.state)

    @admin.display
    def outcome(self, batch: Import) -> str:
        found = reports.report(batch)
        return ", ".join(f"{number:,} {fate.replace('_', ' ')}" for fate, number, _ in found.fates)

    @admin.display(ordering="created_at")
    def started(self, batch: Import) -> str:
        return ago(batch.created_at)

    def get_urls(self) -> list[URLPattern]:
        name = "newsletter_import_add"
        upload = import_uploads.guarded(self.admin_site.admin_view(_upload), _refuse)
        views: dict[str, Callable[..., HttpResponse]] = {
            "change": page,
            "fragment": fragment,
            "carry-out": carry_out,
            "cancel": cancel,
            "undo": undo,
            "faults.csv": faults,
        }
        urls = [
            path(
                f"<int:pk>/{route}{'' if '.' in route else '/'}",
                self.admin_site.admin_view(view),
                name=f"newsletter_import_{route.partition('.')[0].replace('-', '_')}",
            )
            for route, view in views.items()
        ]
        export = path("export/", self.admin_site.admin_view(exports.page), name="newsletter_export")
        return [path("add/", upload, name=name), export, *urls, *super().get_urls()]


def _upload(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("newsletter.import_subscriptions"):
        raise PermissionDenied
    form = UploadForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        upload = import_uploads.upload_of(request)
        batch = upload.finish(form.cleaned_data["encoding"]) if upload else None
        if batch is not None:
            audit.record("import.uploaded", request=request, target=batch)
            return redirect("admin:newsletter_import_change", batch.pk)
        form.add_error(None, upload.error if upload else "Choose a file.")
    return _upload_page(request, form, 400 if form.errors else 200)


def _refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    """Answer an upload that is not even read."""
    form = UploadForm({})
    form.add_error(None, sentence)
    response = _upload_page(request, form, 413)
    response["Connection"] = "close"
    return response


def _upload_page(request: HttpRequest, form: UploadForm, status: int) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": "Import readers", "form": form}
    template = "admin/newsletter/import/upload.html"
    return TemplateResponse(request, template, context, status=status)


def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an import as it stands; while nothing is decided, with its choices."""
    batch = _found(request, pk)
    wants_choices = batch.state == State.MAPPING or "choices" in request.GET
    form = None
    if wants_choices and batch.state in UNDECIDED:
        form = ChoicesForm(batch, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _require(request)
        if form is None:
            messages.error(request, f"The import is {batch.state} by now; nothing was changed.")
            return redirect("admin:newsletter_import_change", pk)
        if form.is_valid() and _choose(request, batch, form):
            return redirect("admin:newsletter_import_change", pk)
    return TemplateResponse(
        request,
        "admin/newsletter/import/page.html",
        {**_context(request, batch), "form": form, "same": _same(batch) if form else None},
        status=400 if form and form.errors else 200,
    )


def _choose(request: HttpRequest, batch: Import, form: ChoicesForm) -> bool:
    newsletter: Newsletter = form.cleaned_data["newsletter"]
    try:
        importing.choose(
            import_id=batch.pk,
            choices=form.choices(),
            source=form.cleaned_data["source"],
            newsletter=newsletter,
        )
    except ImportingError as error:
        form.add_error(None, str(error))
        return False
    audit.record("import.checked", request=request, target=batch)
    return True


@require_safe
def fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of the page that changes while somebody works on it."""
    context = _context(request, _found(request, pk))
    return TemplateResponse(request, "admin/newsletter/import/progress.html", context)


@require_POST
def carry_out(request: HttpRequest, pk: int) -> HttpResponse:
    revision = request.POST.get("revision", "")
    number = int(revision) if revision.isascii() and revision.isdecimal() else -1
    return _act(request, pk, "started", lambda: importing.carry_out(import_id=pk, revision=number))


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, "cancelled", lambda: importing.cancel(import_id=pk))


def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether an import is to be taken back, and do it."""
    if request.method == "POST":
        return _act(request, pk, "undone", lambda: importing.undo(import_id=pk))
    context = _context(request, _found(request, pk))
    return TemplateResponse(request, "admin/newsletter/import/undo.html", context)


@require_safe
def faults(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the rows that were not taken as a CSV file."""
    batch = _found(request, pk)
    _require(request)
    audit.record("import.faults_exported", request=request, target=batch)
    response = StreamingHttpResponse(reports.faults_as_csv(batch), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="import-{pk}-not-taken.csv"'
    return cast(HttpResponse, response)


def _act(request: HttpRequest, pk: int, done: str, verb: Callable[[], None]) -> HttpResponse:
    batch = _found(request, pk)
    _require(request)
    try:
        with audit.recorded(f"import.{done}", request=request, target=batch):
            verb()
    except ImportingError as error:
        messages.error(request, str(error))
    return redirect("admin:newsletter_import_change", pk)


def _found(request: HttpRequest, pk: int) -> Import:
    if not request.user.has_perm("newsletter.view_import"):
        raise PermissionDenied
    return get_object_or_404(Import.objects.select_related("newsletter"), pk=pk)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm("newsletter.import_subscriptions"):
        raise PermissionDenied


def _same(batch: Import) -> Import | None:
    return importing.same_file(batch)


def _context(request: HttpRequest, batch: Import) -> dict[str, Any]:
    done, total, unit = reports.progress(batch)
    layout = Layout(**batch.layout) if batch.layout else None
    known = columns.recognise(layout.columns) if layout else None
    return {
        **admin.site.each_context(request),
        "title": f"Import: {batch.file_name}",
        "batch": batch,
        "layout": layout,
        "known": known,
        "report": reports.report(batch),
        "done": done,
        "total": total,
        "unit": unit,
        "is_under_way": batch.state in UNDER_WAY,
        "may_change": request.user.has_perm("newsletter.import_subscriptions"),
        "may_cancel": batch.state in CANCELLABLE,
        "may_undo": batch.state in UNDOABLE and bool(batch.counts.get("fates")),
    }
