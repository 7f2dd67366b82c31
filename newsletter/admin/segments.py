"""Segments: parts of the readers by conditions, with their number told at once."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from newsletter import audiences, known_values
from newsletter.admin.reader_choices import KEPT, in_words
from newsletter.admin.segment_forms import SegmentForm
from newsletter.audiences import Definition, InvalidDefinition
from newsletter.models import Issue, Newsletter, Segment


def told(newsletter: Newsletter, definition: Definition) -> str:
    """Return how many readers a definition means now, in words."""
    return in_words(audiences.count(audiences.readers_of(newsletter, definition)))


@admin.register(Segment)
class SegmentAdmin(admin.ModelAdmin):
    form = SegmentForm
    list_display = ("name", "newsletter", "in_words", "slug")
    list_filter = ("newsletter",)
    list_select_related = ("newsletter",)
    search_fields = ("name",)
    fields = ("newsletter", "name", "match", "conditions", "exclusions", "slug")
    change_form_template = "admin/newsletter/segment/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """An issue that waits for the segment is of the same newsletter, and stays so."""
        return ("newsletter",) if obj else ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer none: a segment is deleted from its own page, where it is told who needs it."""
        return {}

    @admin.display(description="who")
    def in_words(self, segment: Segment) -> str:
        try:
            return str(audiences.parse(segment.definition))
        except InvalidDefinition as error:
            return str(error)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        segment: Segment | None = kwargs.get("obj")
        context["known_tags"] = known_values.tags()
        context["known_attributes"] = known_values.attributes()
        context["issues"] = Issue.objects.published().order_by("-pk")[:20]
        if segment:
            context["waiting"] = segment.issues.all()
            try:
                context["number"] = told(segment.newsletter, audiences.parse(segment.definition))
            except InvalidDefinition as error:
                context["number"] = str(error)
        elif request.method == "GET" and (newsletter := Newsletter.objects.order_by("pk").first()):
            context["number"] = told(newsletter, audiences.EVERYONE)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            messages.error(request, "An issue waits for this segment; it stays.")
            return redirect("admin:newsletter_segment_change", object_id)

    def get_urls(self) -> list[URLPattern]:
        number = path(
            "count/", self.admin_site.admin_view(self.count_view), name="newsletter_segment_count"
        )
        return [number, *super().get_urls()]

    def count_view(self, request: HttpRequest) -> HttpResponse:
        """Tell how many readers the posted form means, or a saved segment; nothing is saved."""
        may = ("view_segment", "add_segment", "view_issue", "add_issue")
        if not any(request.user.has_perm(f"newsletter.{permission}") for permission in may):
            raise PermissionDenied
        try:
            return JsonResponse({"told": _counted(request)})
        except InvalidDefinition as error:
            return JsonResponse({"told": str(error)}, status=422)


_ASKED = ("match", "conditions", "exclusions")


def _counted(request: HttpRequest) -> str:
    given = request.POST if request.method == "POST" else request.GET
    newsletter = _row(Newsletter, given.get("newsletter", ""))
    if request.method == "POST":
        segment = _row(Segment, given.get("segment", ""))
        newsletter = segment.newsletter if segment else newsletter
        form = SegmentForm({**given.dict(), "name": "x", "slug": ""})
        form.is_valid()
        faults = [str(fault) for name in _ASKED for fault in form.errors.get(name, [])]
        if newsletter is None or faults:
            raise InvalidDefinition(" ".join(faults) or "Choose a newsletter.")
        return told(newsletter, form.definition())
    if newsletter is None:
        raise InvalidDefinition("Choose a newsletter.")
    if given.get("readers") == KEPT:
        issue = _row(Issue, given.get("issue", ""))
        return told(newsletter, audiences.parse(issue and issue.audience))
    segment = _row(Segment, given.get("readers", ""))
    return told(newsletter, audiences.of_segment(segment) if segment else audiences.EVERYONE)


def _row(model: Any, pk: str) -> Any:
    is_number = pk.isascii() and pk.isdecimal() and len(pk) < 19
    return model.objects.filter(pk=int(pk)).first() if is_number else None
