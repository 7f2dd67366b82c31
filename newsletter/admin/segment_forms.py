"""The form of a segment: conditions in rows, checked as a whole."""

from itertools import count
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from newsletter.admin.condition_fields import ConditionsField
from newsletter.audiences import EVERYONE, Definition, InvalidDefinition, parse
from newsletter.models import Newsletter, Segment

_OF_ISSUES = {"got_issue", "missed_issue"}


class SegmentForm(forms.ModelForm):
    match = forms.ChoiceField(
        label="Readers who meet",
        choices=[("all", "all of these conditions"), ("any", "any of these conditions")],
        widget=forms.RadioSelect,
    )
    conditions = ConditionsField(
        label="Conditions",
        help_text="Without any: all readers. A day is written as 2026-11-24. Attributes, tags and "
        "issues are offered as you type. More rows come when you save.",
    )
    exclusions = ConditionsField(
        label="But not who meets one of these", help_text="Who meets any of these gets nothing."
    )

    class Meta:
        model = Segment
        fields = ("newsletter", "name", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            definition = parse(self.instance.definition)
        except InvalidDefinition:
            definition = EVERYONE
        self.fields["match"].initial = "any" if definition.match_any else "all"
        self.fields["conditions"].initial = definition.conditions
        self.fields["exclusions"].initial = definition.exclusions
        if self.instance.pk is None and "newsletter" in self.fields:
            self.fields["newsletter"].initial = Newsletter.objects.order_by("pk").first()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        newsletter = cleaned.get("newsletter") or getattr(self.instance, "newsletter", None)
        if newsletter and cleaned.get("name") and not cleaned.get("slug"):
            cleaned["slug"] = _free_slug(newsletter, cleaned["name"])
        for name in ("conditions", "exclusions"):
            if newsletter and name in cleaned:
                self._check_issues(newsletter, name)
        if not self.errors:
            self.instance.definition = self.definition().as_json()
        return cleaned

    def definition(self) -> Definition:
        """Return what a valid form says."""
        given = self.cleaned_data
        return Definition(
            given["conditions"], given["exclusions"], match_any=given["match"] == "any"
        )

    def _check_issues(self, newsletter: Newsletter, name: str) -> None:
        for condition in self.cleaned_data[name]:
            if (
                condition.what in _OF_ISSUES
                and not newsletter.issues.filter(pk=int(condition.value)).exists()
            ):
                self.add_error(
                    name, ValidationError(f"{newsletter} has no issue number {condition.value}.")
                )
                return


def _free_slug(newsletter: Newsletter, name: str) -> str:
    stem = slugify(name)[:90].strip("-") or "segment"
    taken = set(newsletter.segments.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(slug for slug in candidates if slug not in taken)
