"""What staff chooses for an import and for an export."""

from typing import Any

from django import forms

from newsletter.importing import Choices, Layout, columns, encodings
from newsletter.models import Import, Newsletter, Segment, Subscription

_DECISIONS = (
    ("take", "Take it: who has left there stays away here"),
    ("ignore", "Ignore it: everybody in the file becomes a reader"),
)
_TARGETS = (
    *columns.FIELDS.items(),
    (columns.ATTRIBUTE, "An attribute of this name"),
    (columns.LEFT_OUT, "Leave it out"),
)


class UploadForm(forms.Form):
    encoding = forms.ChoiceField(
        required=False,
        choices=(("", "Automatic"), *((name, name.upper()) for name in encodings.ENCODINGS)),
    )


class ChoicesForm(forms.Form):
    """The choices of one file; a field for each of its columns comes on top."""

    newsletter = forms.ModelChoiceField(Newsletter.objects.all(), empty_label=None)
    source = forms.CharField(
        label="How did they agree?",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Such as “Sign-ups of our old site, with confirmation, 2019 to 2024”. "
        "It is kept in each reader's record.",
        error_messages={"required": "Say how these people agreed to your mail."},
    )
    tags = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="For everybody in the file, separated by commas.",
    )
    update = forms.BooleanField(
        label="Also give known readers the file's names, tags and attributes", required=False
    )
    statuses = forms.ChoiceField(
        label="If a column says who has left",
        required=False,
        choices=_DECISIONS,
        widget=forms.RadioSelect,
    )

    def __init__(self, batch: Import, data: Any = None) -> None:
        self._layout, self._guess = Layout(**batch.layout), Choices(**batch.choices)
        super().__init__(data, initial=self._initial(batch))
        for number, column in enumerate(self._layout.columns):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=column,
                required=False,
                choices=_with(self._guess.mapping[number]),
                initial=self._guess.mapping[number],
            )

    def _initial(self, batch: Import) -> dict[str, Any]:
        decision = {True: "take", False: "ignore", None: ""}[self._guess.takes_status]
        return {
            "newsletter": batch.newsletter_id,
            "source": batch.source,
            "tags": ", ".join(self._guess.tags),
            "update": self._guess.update,
            "statuses": decision,
        }

    @property
    def rows(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Return each column's field with what stands in the first rows."""
        samples = self._layout.samples
        return [
            (
                self[f"column_{number}"],
                [row[number] for row in samples if number < len(row) and row[number].strip()][:3],
            )
            for number in range(len(self._layout.columns))
        ]

    @property
    def asks_who_left(self) -> bool:
        """Whether a column is, or is chosen to be, one that says who has left."""
        columns_of = (f"column_{number}" for number in range(len(self._layout.columns)))
        chosen = {self[column].value() for column in columns_of}
        return bool(chosen & columns.TELLING)

    def choices(self) -> Choices:
        given = self.cleaned_data
        decision = given["statuses"]
        return Choices(
            mapping=[given[f"column_{number}"] for number in range(len(self._layout.columns))],
            tags=[tag for tag in map(str.strip, given["tags"].split(",")) if tag],
            update=given["update"],
            takes_status={"take": True, "ignore": False}.get(decision),
            is_own_export=self._guess.is_own_export,
        )


class ExportForm(forms.Form):
    newsletter = forms.ModelChoiceField(Newsletter.objects.all(), empty_label=None)
    status = forms.ChoiceField(
        required=False, choices=(("", "Every status"), *Subscription.Status.choices)
    )
    segment = forms.ModelChoiceField(
        Segment.objects.select_related("newsletter"), required=False, empty_label="Everybody"
    )
    mark = forms.BooleanField(
        label="For Excel",
        required=False,
        initial=True,
        help_text="Begins with the mark by which Excel knows UTF-8.",
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        segment, newsletter = given.get("segment"), given.get("newsletter")
        if segment and newsletter and segment.newsletter_id != newsletter.pk:
            self.add_error("segment", f"This segment belongs to {segment.newsletter}.")
        return given


def _with(target: str) -> tuple[tuple[str, str], ...]:
    """Offer also an attribute of another name, which only the command can give."""
    if target.startswith(f"{columns.ATTRIBUTE}:"):
        return (*_TARGETS, (target, f"Attribute {target.partition(':')[2]}"))
    return _TARGETS
