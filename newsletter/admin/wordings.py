"""The words of consents: written anew, never changed."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import Truncator

from newsletter import rewording
from newsletter.models import Wording
from newsletter.models.validators import text as plain_text


class WordingForm(forms.ModelForm):
    language = forms.ChoiceField(choices=settings.LANGUAGES)
    text = forms.CharField(
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
        validators=[plain_text],
        help_text="What a visitor agrees to. From now on forms show these words; each consent "
        "keeps those that its reader was shown.",
    )

    class Meta:
        model = Wording
        fields = ("newsletter", "language", "text")


@admin.register(Wording)
class WordingAdmin(admin.ModelAdmin):
    form = WordingForm
    list_display = ("name", "newsletter", "language", "beginning", "created_at")
    list_filter = ("newsletter", "language")
    list_select_related = ("newsletter",)

    def get_readonly_fields(self, _request: HttpRequest, obj: Wording | None = None) -> Any:
        return ("created_at",) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        """Let nobody edit a version: it was shown, and it is what readers agreed to."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Wording | None = None) -> bool:
        return False

    def save_model(self, _request: HttpRequest, obj: Wording, form: Any, _change: bool) -> None:
        """Make a version, or find the present one where the words are the same."""
        wording = rewording.reword(
            newsletter=form.cleaned_data["newsletter"],
            language=form.cleaned_data["language"],
            text=form.cleaned_data["text"],
        )
        obj.pk, obj.version = wording.pk, wording.version

    @admin.display(description="words")
    def beginning(self, wording: Wording) -> str:
        return Truncator(wording.text).chars(80)
