"""What the public form takes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import QueryDict

from newsletter.addresses import parse_address
from newsletter.models import Newsletter, Wording
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.names import parse_name


class SignUpForm(forms.Form):
    name = forms.CharField(strip=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.CharField(
        label="E-mail address",
        strip=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    newsletter = forms.SlugField(required=False)
    wording = forms.CharField(required=False)

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.repeated = {field for field in self.fields if data and len(data.getlist(field)) > 1}

    def clean_name(self) -> str:
        return self._parsed("name", parse_name)

    def clean_email(self) -> str:
        return self._parsed("email", parse_address)

    def clean_newsletter(self) -> Newsletter:
        slug = self._parsed("newsletter", str) or DEFAULT_SLUG
        newsletter = Newsletter.objects.at_the_door(slug)
        if newsletter is None:
            raise forms.ValidationError("There is no such newsletter.")
        return newsletter

    def clean_wording(self) -> Wording | None:
        """Return the words that the form showed: forms on other sites show old versions for long.

        None stands for a form or a program that names no version.
        """
        name = self._parsed("wording", str)
        newsletter = self.cleaned_data.get("newsletter")
        if not name or not newsletter:
            return None
        wording = Wording.objects.named(newsletter, name)
        if wording is None:
            raise forms.ValidationError("There were never such words. Please read these.")
        return wording

    def reason(self) -> str:
        """Return all that is wrong, in one line."""
        return " ".join(
            f"{field}: {message}" for field, messages in self.errors.items() for message in messages
        )

    def _parsed(self, field: str, parse: Callable[[str], str]) -> str:
        if field in self.repeated:
            raise forms.ValidationError("This field is given more than once.")
        try:
            return parse(self.cleaned_data[field])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
