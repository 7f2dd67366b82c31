"""Images: uploaded on a page of their own or from the editor, and shown with what inserts them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt

from newsletter import images
from newsletter.models import Image

BODY_LIMIT = images.MOST_OCTETS + 100_000
"""Octets of an upload with what a form has around it."""


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ",".join(images.TYPES)}),
        help_text="PNG, JPEG or GIF, at most 2 MB. 1,200 pixels of width are enough for any mail.",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )
    alt = forms.CharField(
        label="Alternative text",
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="What it shows, for who does not see it.",
    )


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ("thumbnail", "title", "alt", "size", "uploaded_at")
    list_display_links = ("thumbnail", "title")
    search_fields = ("title", "alt")
    fields = ("picture", "insert", "title", "alt", "size", "shown_in", "uploaded_at", "uploaded_by")
    readonly_fields = ("picture", "insert", "size", "shown_in", "uploaded_at", "uploaded_by")
    list_per_page = 50

    def get_urls(self) -> list[URLPattern]:
        name = "newsletter_image_add"
        return [path("add/", self.upload_view, name=name), *super().get_urls()]

    @property
    def upload_view(self) -> Any:
        """Return the door of uploads: what is far too large is refused before it is read.

        Django's own check of CSRF reads the form, so it is made inside (admin_view has it).
        """

        @csrf_exempt
        def view(request: HttpRequest) -> HttpResponse:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
            if length > BODY_LIMIT:
                return _refusal(request, images.too_large(length), 413)
            answer: HttpResponse = self.admin_site.admin_view(self._upload)(request)
            return answer

        return view

    def _upload(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        wants_json = request.headers.get("Accept") == "application/json"
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                image = images.store(
                    content=file.read(),
                    file_name=file.name,
                    alt=form.cleaned_data["alt"],
                    user=request.user,
                )
            except images.InvalidImage as error:
                form.add_error("file", str(error))
            else:
                self.log_addition(request, image, "Uploaded.")
                if wants_json:
                    return JsonResponse({"markdown": image.markdown, "title": image.title})
                messages.success(request, "The image is there. Insert it by the line below.")
                return redirect("admin:newsletter_image_change", image.pk)
        if wants_json:
            sentences = [str(error) for errors in form.errors.values() for error in errors]
            return JsonResponse({"error": " ".join(sentences) or "Choose a file."}, status=400)
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload an image",
            "opts": self.opts,
            "form": form,
            "are_kept": images.are_kept(),
        }
        return TemplateResponse(request, "admin/newsletter/image/upload.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        """Keep what a mail shows: a mail that was sent is not sent again without it."""
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or not images.used_in(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        images.remove(image_id=obj.pk)

    @admin.display(description="image")
    def thumbnail(self, image: Image) -> SafeString:
        return format_html(
            '<img class="thumbnail" src="{}" alt="{}" loading="lazy">',
            image.path,
            image.alt or image.title,
        )

    @admin.display(description="")
    def picture(self, image: Image) -> SafeString:
        return format_html('<img class="picture" src="{}" alt="{}">', image.path, image.alt)

    @admin.display(description="insert by")
    def insert(self, image: Image) -> SafeString:
        return format_html("<code>{}</code>", image.markdown)

    @admin.display(description="size")
    def size(self, image: Image) -> str:
        return f"{image.width:,} x {image.height:,} pixels, {image.octets / 1000:,.0f} kB"

    @admin.display(description="shown in")
    def shown_in(self, image: Image) -> str:
        return ", ".join(images.used_in(image)) or "nothing yet"


def _refusal(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"error": sentence}, status=status)
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
