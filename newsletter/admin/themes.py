"""Themes: the look of mails, with what they will look like beside the form."""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from newsletter.admin import issue_previews
from newsletter.models import Issue, Newsletter, Theme
from newsletter.models.colours import READABLE, contrast
from newsletter.models.issues import IN_DELIVERY
from newsletter.models.themes import COLOUR
from newsletter.rendering import issues as rendering

SAMPLE = """## A heading

Dear {name|friend}, this is a paragraph with **strong** words, *stressed* ones and
[a link](https://example.org/).

- one
- two

> A quotation.

`code`, and a table:

| Day | Weather |
|---|---|
| Monday | Rain |
"""
_SHADES = (("", "light"), ("dark_", "dark"))


class ThemeForm(forms.ModelForm):
    class Meta:
        model = Theme
        fields = (
            *("name", "logo", "logo_width", "font", "width", "header", "footer"),
            *("background", "paper", "text", "accent"),
            *("dark_background", "dark_paper", "dark_text", "dark_accent"),
        )
        widgets = {
            name: forms.TextInput(attrs={"type": "color"})
            for prefix, _ in _SHADES
            for name in (f"{prefix}{part}" for part in ("background", "paper", "text", "accent"))
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for prefix, shade in _SHADES:
            self._check_contrast(cleaned, prefix, shade)
        if self.instance.pk and _is_being_mailed(self.instance):
            raise ValidationError(
                "An issue with this theme is on its way: half of its readers would get another "
                "look. Wait until it is sent, or make a new theme."
            )
        return cleaned

    def _check_contrast(self, cleaned: dict[str, Any], prefix: str, shade: str) -> None:
        """Refuse what nobody can read: 1.4.3 of WCAG 2.2, level AA."""
        for part, ground in (("text", "paper"), ("accent", "paper"), ("text", "background")):
            letters, behind = (str(cleaned.get(f"{prefix}{name}")) for name in (part, ground))
            if not (_is_colour(letters) and _is_colour(behind)):
                continue  # said by the field
            ratio = contrast(letters, behind)
            if ratio < READABLE:
                self.add_error(
                    f"{prefix}{part}",
                    f"Hard to read: its contrast with the {shade} {ground} is {ratio:.1f}, and "
                    f"{READABLE} is the least (WCAG AA).",
                )


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin):
    form = ThemeForm
    list_display = ("name", "font", "width")
    search_fields = ("name",)
    change_form_template = "admin/newsletter/theme/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "logo", "logo_width", "font", "width")}),
        ("Words around each issue", {"fields": ("header", "footer")}),
        ("Colours", {"fields": ("background", "paper", "text", "accent")}),
        (
            "Colours in dark mode",
            {"fields": ("dark_background", "dark_paper", "dark_text", "dark_accent")},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(preview)
        return [path("preview/", view, name="newsletter_theme_preview"), *super().get_urls()]


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show an invented issue in the theme as it was typed; what is no colour yet is the usual."""
    if not request.user.has_perm("newsletter.view_theme"):
        raise PermissionDenied
    form = ThemeForm(request.POST)
    form.is_valid()
    colours = {"background", "paper", "text", "accent"}
    typed = {
        name: value
        for name, value in form.cleaned_data.items()
        if value is not None and (name.removeprefix("dark_") not in colours or _is_colour(value))
    }
    issue = Issue(
        newsletter=Newsletter.objects.first() or Newsletter(title="Newsletter"),
        theme=Theme(**typed),
        subject="An issue in this theme",
        body=SAMPLE,
    )
    content = rendering.preview(issue, issue_previews.Somebody())
    is_dark = request.POST.get("view") == "dark"
    return issue_previews.framed(issue_previews.shaded(content.html, is_dark=is_dark))


def _is_colour(value: object) -> bool:
    return re.fullmatch(COLOUR, str(value)) is not None


def _is_being_mailed(theme: Theme) -> bool:
    """Whether readers are getting this look right now, in part."""
    on_its_way = Issue.objects.filter(state__in=[*IN_DELIVERY, Issue.State.PAUSED])
    of_newsletter = on_its_way.filter(theme=None, newsletter__theme=theme)
    return on_its_way.filter(theme=theme).exists() or of_newsletter.exists()
