"""The editor's buttons for a terminal."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletter.models import Issue
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


def told(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_an_issue_goes_through_its_states_and_says_each():
    pk = str(make_issue().pk)
    actions = ("publish", "pause", "resume", "cancel")
    assert [told("issue", pk, action) for action in actions] == [
        f"issue {pk} is expanding: 0 readers",
        f"issue {pk} is paused: 0 readers",
        f"issue {pk} is expanding: 0 readers",
        f"issue {pk} is cancelled: 0 readers",
    ]


def test_an_issue_is_scheduled_in_a_zone_and_taken_back():
    issue = make_issue()
    told("issue", str(issue.pk), "schedule", "--at", "2099-11-24T09:00 Europe/Berlin")
    issue.refresh_from_db()
    assert f"{issue.publish_at:%H:%M}" == "08:00"
    assert told("issue", str(issue.pk), "take-back").startswith(f"issue {issue.pk} is draft")


def test_failed_mails_are_tried_again():
    now = timezone.now()
    issue = make_issue(state=Issue.State.SENT, published_at=now, audience_at=now, audience_size=1)
    reader = make_subscription()
    make_delivery(reader, issue, state="failed", next_at=None, finished_at=now, error_code="552")
    assert told("why", str(issue.pk), reader.email).startswith("Failed: 552")
    assert told("issue", str(issue.pk), "retry-failed") == (
        f"issue {issue.pk} is sending: 1 = 1 pending"
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("issue", "999999", "pause"), "There is no issue 999999."),
        (("why", "999999", "a@example.org"), "There is no issue 999999."),
        (("issue", "DRAFT", "pause"), "The issue is draft; it cannot be paused."),
        (("issue", "DRAFT", "schedule"), "--at TIME belongs to schedule, and schedule needs it."),
        (("issue", "DRAFT", "pause", "--at", "2099-01-01T00:00Z"), "--at TIME belongs to schedule"),
        (("issue", "DRAFT", "schedule", "--at", "2020-01-01T00:00Z"), "The time is past."),
        (("issue", "DRAFT", "schedule", "--at", "later"), "'later' is not a time"),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence):
    draft = str(make_issue().pk)
    with pytest.raises(CommandError, match=sentence):
        told(*(draft if word == "DRAFT" else word for word in words))
