"""What staff types at the doors."""

import re
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError

KEY_SALT = "staff.two_step.key"
KEY_SECONDS = 60 * 60
"""How long a page with a new key may stay open."""


def _code_field(label: str, help_text: str, **attributes: str) -> forms.CharField:
    widget = forms.TextInput(
        attrs={
            "autocomplete": "one-time-code",
            "autocapitalize": "off",
            "spellcheck": "false",
            "autofocus": "",
            **attributes,
        }
    )
    return forms.CharField(label=label, help_text=help_text, max_length=40, widget=widget)


class CodeForm(forms.Form):
    code = _code_field("Code", "Six digits, shown by the app on your phone.", inputmode="numeric")

    def clean_code(self) -> str:
        code = re.sub(r"\s", "", self.cleaned_data["code"])
        if not re.fullmatch(r"[0-9]{6}", code):
            raise ValidationError("A code has six digits.")
        return code


class RecoveryCodeForm(forms.Form):
    code = _code_field("Recovery code", "One of those that you kept, such as abcd-efgh-jkmn.")


class SetUpForm(CodeForm):
    """A code of a key that was shown with the form, and comes back signed."""

    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, member_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._salt = f"{KEY_SALT}.{member_id}"

    def sign(self, key: str) -> None:
        self.fields["key"].initial = signing.dumps(key, salt=self._salt)

    def clean_key(self) -> str:
        try:
            key: str = signing.loads(self.cleaned_data["key"], salt=self._salt, max_age=KEY_SECONDS)
        except signing.BadSignature:
            raise ValidationError("This page was open for too long. Scan the new code.") from None
        return key


class PasswordForm(forms.Form):
    password = forms.CharField(
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": ""}),
    )
