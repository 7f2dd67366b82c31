"""The page of a newsletter with what to copy, and what it looks like on another site."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from newsletter import embedding
from newsletter.models import Newsletter

LOOK_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""The bare form is only looked at: nothing in its frame can be sent."""


class EmbeddingPages:
    """Adds the page to the admin of newsletters."""

    def __init__(self, model_admin: ModelAdmin) -> None:
        self._admin = model_admin

    def urls(self) -> list[URLPattern]:
        view = self._admin.admin_site.admin_view
        return [
            path("<int:pk>/form/", view(self.page), name="newsletter_newsletter_form"),
            path("<int:pk>/form/look/", view(self.look), name="newsletter_newsletter_form_look"),
        ]

    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        newsletter = self._seen(request, pk)
        context = {
            **self._admin.admin_site.each_context(request),
            "title": f"The form of {newsletter.title}",
            "newsletter": newsletter,
            "snippets": embedding.snippets(newsletter),
            "frame_path": embedding.frame_path(newsletter),
        }
        return TemplateResponse(request, "admin/newsletter/newsletter/form.html", context)

    def look(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the bare form as a browser does without a style sheet."""
        form = embedding.snippets(self._seen(request, pk)).form
        response = HttpResponse(f"<!doctype html><title>Form</title>{form}")
        response["Content-Security-Policy"] = LOOK_POLICY
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response

    def _seen(self, request: HttpRequest, pk: int) -> Newsletter:
        newsletter = get_object_or_404(Newsletter, pk=pk)
        if not self._admin.has_view_permission(request, newsletter):
            raise PermissionDenied
        return newsletter
