"""The fields of a staged send, wherever an issue is published or scheduled."""

from typing import Any

from django import forms

from newsletter import audiences, publishing
from newsletter.models import Issue


class StageForm(forms.Form):
    """Empty is the usual: everybody at once."""

    first = forms.CharField(
        label="Send to some first",
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"placeholder": "such as 1000 or 5%"}),
        help_text="Empty: to everybody at once.",
    )
    wait = forms.CharField(
        label="Then wait",
        required=False,
        max_length=12,
        initial="30m",
        help_text="90s, 30m, 2h or 1d after the first mails are out.",
    )
    failures = forms.CharField(
        label="Hold the rest above",
        required=False,
        max_length=8,
        initial="1",
        help_text="per cent of the first mails failed or bounced, or",
    )
    complaints = forms.CharField(
        label="or above",
        required=False,
        max_length=8,
        initial="0.1",
        help_text="per cent of the first readers complained. Then you go on or cancel.",
    )


def plan_of(issue: Issue, given: dict[str, Any]) -> publishing.StagePlan | None:
    """Return the plan of a valid form, None for everybody at once; raise InvalidStage."""
    if not given.get("first"):
        return None
    return publishing.StagePlan.from_texts(
        first=given["first"],
        audience=audiences.audience(issue).count() if "%" in given["first"] else 0,
        wait=given["wait"],
        failures=given["failures"],
        complaints=given["complaints"],
    )
