"""What a reader's own page takes."""

from collections.abc import Callable

from django import forms
from django.utils.translation import gettext_lazy as _

from newsletter.addresses import parse_address
from newsletter.names import parse_name


class _Parsed(forms.CharField):
    """A text that is stored as a parser returns it; the parser's ValueError says what is wrong."""

    def __init__(self, parse: Callable[[str], str], **options: object) -> None:
        self._parse = parse
        super().__init__(strip=False, required=False, **options)  # type: ignore[arg-type]

    def clean(self, value: object) -> str:
        try:
            return self._parse(str(value or ""))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class EmailForm(forms.Form):
    email = _Parsed(
        parse_address,
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
    )


class NameForm(forms.Form):
    name = _Parsed(
        parse_name, label=_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
