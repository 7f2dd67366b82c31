"""Conditions as rows of a form: what, of which attribute, and the value. Works without scripts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from newsletter.audiences import Condition, InvalidDefinition
from newsletter.audiences.definitions import LONGEST_KEY, LONGEST_VALUE, MOST_CONDITIONS
from newsletter.audiences.kinds import KINDS

BLANK_ROWS = 3
"""Below the conditions that are there; saving brings more."""
_PARTS = ("what", "key", "value")
_CHOICES = [("", "—"), *((name, kind.words) for name, kind in KINDS.items())]

Row = dict[str, str]


class ConditionsWidget(forms.Widget):
    template_name = "admin/newsletter/segment/conditions.html"

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        rows = [_as_row(each) for each in value or ()]
        blank = min(BLANK_ROWS, MOST_CONDITIONS - len(rows))
        context["widget"] |= {
            "rows": [*rows, *({} for _ in range(blank))],
            "choices": _CHOICES,
            "longest_key": LONGEST_KEY,
            "longest_value": LONGEST_VALUE,
        }
        return context

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Use the site's templates; those of Django's forms are elsewhere."""
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        rows = [
            {part: data.get(f"{name}-{number}-{part}", "").strip() for part in _PARTS}
            for number in range(MOST_CONDITIONS)
        ]
        return [row for row in rows if any(row.values())]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class ConditionsField(forms.Field):
    """Cleans to a tuple of conditions; each fault names its row."""

    widget = ConditionsWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def clean(self, value: list[Row]) -> tuple[Condition, ...]:
        found, faults = [], []
        for number, row in enumerate(value, start=1):
            try:
                found.append(Condition(**row))
            except InvalidDefinition as error:
                faults.append(f"Row {number}: {error}")
        if faults:
            raise ValidationError(faults)
        return tuple(found)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [_as_row(each) for each in initial or ()] != [_as_row(each) for each in data or ()]


def _as_row(condition: Condition | Row) -> Row:
    if isinstance(condition, Condition):
        return {part: getattr(condition, part) for part in _PARTS}
    return condition
