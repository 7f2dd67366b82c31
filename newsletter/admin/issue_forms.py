"""The forms of the editor's desk."""

from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from newsletter import publishing
from newsletter.admin.reader_choices import ReadersField, choose_readers, readers_of_issue
from newsletter.models import Issue
from newsletter.publishing.writing import RESERVED_SLUGS

STALE = (
    "Somebody saved this issue after you opened it. Nothing of yours was saved: copy your text, "
    "open the issue again and put it there."
)


class IssueForm(forms.ModelForm):
    """An issue as it is written. `opened` is the version that the page shows."""

    opened = forms.IntegerField(widget=forms.HiddenInput, required=False)
    readers = ReadersField()
    is_stale = False

    class Meta:
        model = Issue
        fields = ("newsletter", "subject", "preheader", "body", "theme", "slug", "visibility")
        help_texts = {
            "subject": "May greet each reader: {name|friend}.",
            "body": "",
            "theme": "",
        }
        widgets = {
            "body": AdminTextareaWidget(attrs={"rows": 28, "class": "vLargeTextField markdown"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        issue = self.instance
        readers_of_issue(self.fields["readers"], issue)
        if theme := cast("forms.ModelChoiceField | None", self.fields.get("theme")):
            theme.empty_label = "The newsletter's own"
        self.derived_slug = issue.slug if issue.pk and publishing.follows_subject(issue) else ""
        self.fields["opened"].initial = self.instance.version if self.instance.pk else None

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug in RESERVED_SLUGS:
            raise ValidationError("This name is taken by a page of the archive.")
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.pk and cleaned.get("opened") != self.instance.version:
            self.is_stale = True
            raise ValidationError(STALE)
        if {"readers", "newsletter"} <= cleaned.keys() and self.add_prefix("readers") in self.data:
            choose_readers(self, cleaned["newsletter"], cleaned["readers"])
        follows = cleaned.get("slug", "-") in {"", self.derived_slug}
        if {"newsletter", "subject"} <= cleaned.keys() and follows:
            cleaned["slug"] = publishing.free_slug(
                cleaned["newsletter"], cleaned["subject"], issue=self.instance
            )
        return cleaned


class TestMailForm(forms.Form):
    address = forms.CharField(
        label="Send it to",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "email"}),
        help_text="Any address; it need not be a reader's. The unsubscribe link is nobody's.",
    )


class PlaceForm(forms.Form):
    visibility = forms.ChoiceField(label="It is", choices=Issue.Visibility)
