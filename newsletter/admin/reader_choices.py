"""Whom an issue is for, as a field of its form: all, a segment, or what it was once frozen to."""

from typing import Any

from django import forms
from django.urls import reverse_lazy

from newsletter import audiences
from newsletter.audiences import EVERYONE, Count, InvalidDefinition
from newsletter.models import Issue, Newsletter, Segment

ALL, KEPT = "", "kept"


class ReadersField(forms.ChoiceField):
    def __init__(self) -> None:
        widget = forms.Select(
            attrs={"data-count-readers": reverse_lazy("admin:newsletter_segment_count")}
        )
        super().__init__(label="Readers", required=False, widget=widget)


def readers_of_issue(field: Any, issue: Issue) -> None:
    """Offer what an issue may be for; one that was copied may keep the conditions it had."""
    segments = [
        (str(segment.pk), str(segment))
        for segment in Segment.objects.select_related("newsletter").order_by("name")
    ]
    kept = _kept(issue)
    field.choices = [(ALL, "All confirmed readers"), *kept, *segments]
    field.initial = str(issue.segment_id) if issue.segment_id else KEPT if kept else ALL
    if issue.pk:
        field.widget.attrs["data-issue"] = issue.pk


def choose_readers(form: forms.ModelForm, newsletter: Newsletter, choice: str) -> None:
    """Write the choice into the form's issue; a segment of another newsletter is a fault."""
    issue: Issue = form.instance
    if choice == KEPT:
        issue.segment = None
        return
    segment = Segment.objects.filter(pk=int(choice)).first() if choice else None
    if segment and segment.newsletter_id != newsletter.pk:
        form.add_error("readers", f"This segment is not of {newsletter}; choose another.")
        return
    issue.segment = segment
    issue.audience = None


def tell(form: Any, issue: Issue | None) -> None:
    """Say beside the field how many readers are meant now."""
    if not {"readers", "newsletter"} <= form.fields.keys():
        return  # who may only look
    newsletter = form.get_initial_for_field(form.fields["newsletter"], "newsletter")
    if issue is None and newsletter:
        issue = Issue(newsletter=Newsletter.objects.get(pk=newsletter))
    form.fields["readers"].help_text = told(issue) if issue else ""


def told(issue: Issue) -> str:
    """Return how many readers an issue would have now, in words."""
    try:
        return in_words(audiences.count(audiences.audience(issue)))
    except InvalidDefinition as error:
        return str(error)


def conditions_in_words(issue: Issue) -> str:
    """Return whom an issue is for, or why that cannot be understood."""
    try:
        return str(audiences.conditions_of(issue))
    except InvalidDefinition as error:
        return str(error)


def in_words(number: Count) -> str:
    return f"{number} confirmed reader{'' if number.readers == 1 else 's'} now"


def _kept(issue: Issue) -> list[tuple[str, str]]:
    try:
        conditions = audiences.parse(issue.audience)
    except InvalidDefinition as error:
        return [(KEPT, str(error))]
    return [] if conditions == EVERYONE else [(KEPT, str(conditions))]
