"""The forms of the readers' desk."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from newsletter import changing
from newsletter.addresses import InvalidAddress, parse_address
from newsletter.models import BulkChange, Newsletter
from newsletter.names import InvalidName, parse_name
from newsletter.selecting import InvalidSelection, Selection

_TEXT = {"class": "vTextField"}


class AddressField(forms.CharField):
    """An address in the form in which it is stored."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={**_TEXT, "inputmode": "email", "autocomplete": "off"})
        super().__init__(max_length=400, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return parse_address(text)
        except InvalidAddress as error:
            raise ValidationError(str(error)) from error


class AddForm(forms.Form):
    newsletter = forms.ModelChoiceField(Newsletter.objects.all(), empty_label=None)
    email = AddressField(label="E-mail address")
    name = forms.CharField(required=False, max_length=2048, widget=forms.TextInput(attrs=_TEXT))
    tags = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs=_TEXT),
        help_text="Separated by commas.",
    )
    how = forms.ChoiceField(
        label="How did this person agree?",
        choices=[
            ("ask", "Not yet: send a mail that asks for confirmation"),
            ("agreed", "Elsewhere: add at once, with the statement below as the proof"),
        ],
        initial="ask",
        widget=forms.RadioSelect,
    )
    statement = forms.CharField(
        label="Where and when",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Such as “form at the spring fair in Porto, 3 May 2026”. It is kept for ever as "
        "the evidence of consent. Needed only if the person agreed elsewhere.",
    )

    def clean_name(self) -> str:
        text: str = self.cleaned_data["name"]
        try:
            return parse_name(text) if text.strip() else ""
        except InvalidName as error:
            raise ValidationError(str(error)) from error

    def clean_tags(self) -> list[str]:
        try:
            given = [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
            return [changing.parse_tag(tag) for tag in given]
        except changing.InvalidChange as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("how") == "agreed" and not cleaned.get("statement", "").strip():
            self.add_error("statement", "Say where and when the person agreed.")
        return cleaned


class NoteForm(forms.Form):
    note = forms.CharField(
        label="Why",
        max_length=200,
        widget=forms.TextInput(attrs=_TEXT),
        help_text="Kept beside it. Do not write the address or the name here.",
    )


class SuppressForm(NoteForm):
    email = AddressField(label="E-mail address")
    field_order = ("email", "note")


class EraseForm(forms.Form):
    never_again = forms.BooleanField(
        label="This person wants no mail ever again, not even if somebody signs the address up",
        required=False,
    )
    sure = forms.BooleanField(label="Erase it all. This cannot be undone")


class BulkForm(forms.Form):
    selection = forms.JSONField(required=False, widget=forms.HiddenInput)  # {} is everybody
    act = forms.ChoiceField(
        label="What to do", choices=BulkChange.Act.choices, widget=forms.RadioSelect
    )
    tag = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**_TEXT, "list": "known-tags"}),
        help_text="To add or to remove.",
    )
    sure = forms.BooleanField(label="Do it to all of them")

    def clean_selection(self) -> Selection:
        try:
            selection = Selection.from_json(self.cleaned_data["selection"])
            selection.readers()
        except InvalidSelection as error:
            raise ValidationError(str(error)) from error
        return selection

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("act") in {BulkChange.Act.TAG, BulkChange.Act.UNTAG}:
            try:
                cleaned["tag"] = changing.parse_tag(cleaned.get("tag", ""))
            except changing.InvalidChange as error:
                self.add_error("tag", str(error))
        return cleaned
