"""What the public form takes."""

from collections.abc import Callable
from typing import Any, Self

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletter.addresses import parse_address
from newsletter.guarding.traps import HONEYPOT
from newsletter.models import Newsletter, Wording
from newsletter.models.newsletters import DEFAULT_SLUG
from newsletter.models.sites import lines
from newsletter.names import parse_name

GUARDED = (HONEYPOT, "clock", "kept", "proof", "ticket")
"""Fields for the guards of the sign-up, which all may be missing: newsletter/guarding/."""


class _Shared(dict[str, forms.Field]):
    """Fields that no form changes: Django's own copies were a tenth of a sign-up's time."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class SignUpForm(forms.Form):
    """The fields of a sign-up. What is for the guards is read by `given`: it needs no widgets."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail address"),
        strip=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )
    newsletter = forms.SlugField(required=False)
    wording = forms.CharField(required=False)
    return_to = forms.CharField(required=False)

    def __init__(self, data: QueryDict | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        given = data.lists() if data else ()
        self.repeated = {name for name, values in given if len(values) > 1} & _NAMES

    def given(self, name: str) -> str:
        """Return what came for the guards, as it came."""
        value: str = self.data.get(name, "")
        return value

    def chosen_newsletter(self) -> Newsletter | None:
        """Return the newsletter before anything is checked, for its language."""
        return Newsletter.objects.at_the_door(self.data.get("newsletter") or DEFAULT_SLUG)

    def clean_name(self) -> str:
        return self._parsed("name", parse_name)

    def clean_email(self) -> str:
        return self._parsed("email", parse_address)

    def clean_newsletter(self) -> Newsletter:
        slug = self._parsed("newsletter", str) or DEFAULT_SLUG
        newsletter = Newsletter.objects.at_the_door(slug)
        if newsletter is None:
            raise forms.ValidationError(_("There is no such newsletter."))
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
            raise forms.ValidationError(_("There were never such words. Please read these."))
        return wording

    def clean_return_to(self) -> str:
        """Return where the visitor goes after the sign-up; only to what the newsletter allows."""
        address = self._parsed("return_to", str)
        newsletter = self.cleaned_data.get("newsletter")
        if address and newsletter and address not in lines(newsletter.thank_you_addresses):
            raise forms.ValidationError(_("The newsletter leads to no such address."))
        return address

    def clean(self) -> dict[str, Any]:
        if self.repeated - self.errors.keys():
            names = ", ".join(sorted(self.repeated))
            raise forms.ValidationError(_("Given more than once: %(names)s.") % {"names": names})
        return self.cleaned_data

    def reason(self) -> str:
        """Return all that is wrong, in one line."""
        return " ".join(
            str(message) if field == NON_FIELD_ERRORS else f"{field}: {message}"
            for field, messages in self.errors.items()
            for message in messages
        )

    def _parsed(self, field: str, parse: Callable[[str], str]) -> str:
        if field in self.repeated:
            raise forms.ValidationError(_("This field is given more than once."))
        try:
            return parse(self.cleaned_data[field])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


SignUpForm.base_fields = _Shared(SignUpForm.base_fields)
_NAMES = {*SignUpForm.base_fields, *GUARDED}
