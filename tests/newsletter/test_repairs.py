"""After a send: what failed, what is in doubt, who was missed, and why."""

import pytest
from django.utils import timezone

from newsletter import inquiry, publishing
from newsletter.models import Delivery, Issue, Subscription
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent_issue() -> Issue:
    now = timezone.now()
    return make_issue(state=Issue.State.SENT, published_at=now, audience_at=now, finished_at=now)


def finished(issue, state, email, **fields):
    return make_delivery(
        make_subscription(email),
        issue,
        state=state,
        next_at=None,
        finished_at=timezone.now(),
        attempts=3,
        **fields,
    )


def test_failed_mails_are_due_again_from_their_first_attempt(sent_issue):
    failed = finished(sent_issue, "failed", "f@example.org", error_code="552")
    sent = finished(sent_issue, "sent", "s@example.org")
    assert publishing.retry_failed(issue_id=sent_issue.pk) == 1
    failed.refresh_from_db()
    sent.refresh_from_db()
    sent_issue.refresh_from_db()
    assert (failed.state, failed.attempts) == ("pending", 0)
    assert failed.next_at is not None
    assert sent.state == "sent"
    assert sent_issue.state == Issue.State.SENDING


def test_a_mail_that_was_given_up_is_tried_again_but_stays_under_suspicion(sent_issue):
    poison = finished(sent_issue, "failed", "p@example.org", error_code="poison", recoveries=3)
    refused = finished(sent_issue, "failed", "f@example.org", error_code="552")
    assert publishing.retry_failed(issue_id=sent_issue.pk) == 2
    poison.refresh_from_db()
    refused.refresh_from_db()
    assert (poison.recoveries, refused.recoveries) == (1, 0)


def test_a_mail_in_doubt_is_sent_again_and_counted(sent_issue):
    unknown = finished(sent_issue, "unknown", "u@example.org", error_code="worker_died")
    assert publishing.resend_unknown(issue_id=sent_issue.pk) == 1
    assert publishing.resend_unknown(issue_id=sent_issue.pk) == 0
    unknown.refresh_from_db()
    assert (unknown.state, unknown.resends) == ("pending", 1)


def test_nothing_to_repair_leaves_a_sent_issue_sent(sent_issue):
    assert publishing.retry_failed(issue_id=sent_issue.pk) == 0
    sent_issue.refresh_from_db()
    assert sent_issue.state == Issue.State.SENT


def test_those_who_came_later_get_a_sent_issue_once(sent_issue):
    finished(sent_issue, "sent", "first@example.org")
    Issue.objects.filter(pk=sent_issue.pk).update(audience_size=1)
    make_subscription("later@example.org")
    publishing.send_to_missed(issue_id=sent_issue.pk)
    while publishing.expand_one():
        pass
    sent_issue.refresh_from_db()
    states = sorted(Delivery.objects.filter(issue=sent_issue).values_list("state", flat=True))
    assert states == ["pending", "sent"]
    assert (sent_issue.state, sent_issue.audience_size) == (Issue.State.SENDING, 2)


@pytest.mark.parametrize(
    "repair", [publishing.retry_failed, publishing.resend_unknown, publishing.send_to_missed]
)
@pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
def test_an_issue_that_was_not_sent_needs_no_repair(repair, state):
    issue = make_issue(state=state)
    with pytest.raises(publishing.WrongState):
        repair(issue_id=issue.pk)


def test_an_issue_is_taken_back_within_its_undo_window(settings):
    settings.UNDO_SECONDS = 60
    issue = publishing.publish_soon(issue_id=make_issue().pk)
    assert issue.state == Issue.State.SCHEDULED
    publishing.start_due()
    issue.refresh_from_db()
    assert issue.state == Issue.State.SCHEDULED
    assert publishing.take_back(issue_id=issue.pk).state == Issue.State.DRAFT
    publishing.start_due()
    issue.refresh_from_db()
    assert (issue.state, issue.publish_at) == (Issue.State.DRAFT, None)


def test_what_has_started_cannot_be_taken_back():
    issue = publishing.publish(issue_id=make_issue().pk)
    with pytest.raises(publishing.WrongState):
        publishing.take_back(issue_id=issue.pk)


@pytest.mark.parametrize(
    ("state", "fields", "answer"),
    [
        ("sent", {"provider_id": "Q1"}, "Sent: the provider took it at"),
        ("failed", {"error_code": "550 5.1.1"}, "Failed: 550 5.1.1, after 3 attempts"),
        ("skipped", {"error_code": "unsubscribed"}, "Skipped: unsubscribed"),
        ("unknown", {"error_code": "worker_died"}, "In doubt: worker_died"),
    ],
)
def test_the_ledger_answers_why(sent_issue, state, fields, answer):
    finished(sent_issue, state, "who@example.org", **fields)
    assert inquiry.why(issue=sent_issue, email="WHO@example.org").startswith(answer)


def test_the_ledger_answers_for_those_it_never_promised_anything(sent_issue):
    assert "no subscription" in inquiry.why(issue=sent_issue, email="nobody@example.org")
    make_subscription("later@example.org")
    assert "after the issue was published" in inquiry.why(
        issue=sent_issue, email="later@example.org"
    )
    make_subscription("left@example.org", status=Subscription.Status.UNSUBSCRIBED)
    assert "unsubscribed" in inquiry.why(issue=sent_issue, email="left@example.org")
    make_subscription("p@example.org", status=Subscription.Status.PENDING_CONFIRMATION)
    draft = make_issue("A draft")
    assert "not published" in inquiry.why(issue=draft, email="p@example.org")
