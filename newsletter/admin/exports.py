"""Readers leave as a file: who may take them types his password, and it is written down."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsletter import audiences, exporting
from newsletter.admin.import_forms import ExportForm
from newsletter.models import Newsletter, Segment, Subscription
from newsletter.models.subscriptions import SubscriptionQuerySet
from zero2prod.staff import audit
from zero2prod.staff.reauthentication import recently_authenticated


@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def page(request: HttpRequest) -> HttpResponse:
    """Ask what to export, and send it."""
    if not request.user.has_perm("newsletter.export_subscriptions"):
        raise PermissionDenied
    form = ExportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return _file(request, form.cleaned_data)
        except audiences.InvalidDefinition as error:
            form.add_error("segment", str(error))
    newsletter = Newsletter.objects.first()
    form.initial["newsletter"] = newsletter and newsletter.pk
    context = {**admin.site.each_context(request), "title": "Export readers", "form": form}
    status = 400 if form.errors else 200
    return TemplateResponse(request, "admin/newsletter/import/export.html", context, status=status)


def _file(request: HttpRequest, chosen: dict[str, Any]) -> HttpResponse:
    newsletter: Newsletter = chosen["newsletter"]
    readers = _readers(newsletter, chosen["segment"], chosen["status"])
    audit.record(
        "subscriptions.exported",
        request=request,
        target=newsletter,
        status=chosen["status"],
        segment=chosen["segment"].pk if chosen["segment"] else None,
    )
    response = StreamingHttpResponse(
        exporting.export(readers, with_mark=chosen["mark"]), content_type="text/csv"
    )
    name = f"{newsletter.slug}-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, response)


def _readers(newsletter: Newsletter, segment: Segment | None, status: str) -> SubscriptionQuerySet:
    readers = Subscription.objects.filter(newsletter=newsletter)
    if segment is not None:
        readers = audiences.matching(newsletter, audiences.of_segment(segment))
    return readers.filter(status=status) if status else readers
