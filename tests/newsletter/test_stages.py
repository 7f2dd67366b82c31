"""A staged send: who gets it first, when it goes on, when it is held, and that nothing is lost."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from newsletter import accounting, bouncing, publishing
from newsletter.models import Complaint, Delivery, Issue
from newsletter.publishing import stages
from tests.factories import make_delivery, make_subscription
from tests.newsletter.publications import expand, state_of, write

pytestmark = pytest.mark.django_db

PLAN = publishing.StagePlan(first=4, failures=Decimal(25), complaints=Decimal(0))


@pytest.fixture
def readers():
    return [make_subscription(f"r{number}@example.org") for number in range(10)]


@pytest.fixture
def issue(readers):
    written = write()
    publishing.publish(issue_id=written.pk, stage=PLAN)
    keep_house()
    return written


def keep_house() -> None:
    """Do what the worker's housekeeping does with issues."""
    publishing.judge_stages()
    expand(limit=3)
    publishing.finish_done()


def of(issue: Issue) -> Issue:
    """Return it as it is now; at every moment each promised mail has one state."""
    account = accounting.of_issue(issue)
    assert account.identity_holds
    return Issue.objects.get(pk=issue.pk)


def end(issue: Issue, *states: str) -> None:
    """Let the next mails have these outcomes."""
    for state in states:
        mail = Delivery.objects.filter(issue=issue, state="pending").first()
        Delivery.objects.filter(pk=mail.pk).update(
            state=state, next_at=None, finished_at=timezone.now()
        )


def pass_time(issue: Issue) -> None:
    Issue.objects.filter(pk=issue.pk).update(stage_ends_at=timezone.now() - timedelta(seconds=1))


def watched(issue: Issue, *states: str) -> Issue:
    """Bring an issue to the end of its wait with these outcomes."""
    end(issue, *states)
    keep_house()
    assert of(issue).stage == "watched"
    pass_time(issue)
    keep_house()
    return of(issue)


def test_the_first_are_promised_and_nobody_else(issue):
    assert (of(issue).audience_size, state_of(issue)) == (4, "sending")
    keep_house()
    assert of(issue).stage == "first"


def test_it_waits_from_when_the_first_mails_are_out(issue):
    end(issue, "sent", "sent", "sent")
    keep_house()
    assert of(issue).stage == "first"
    end(issue, "sent")
    keep_house()
    found = of(issue)
    assert (found.stage, found.state, found.audience_size) == ("watched", "sending", 4)
    left = found.stage_ends_at - timezone.now()
    assert timedelta(minutes=29) < left <= timedelta(minutes=30)


def test_a_mail_that_waits_for_its_retry_holds_nothing_up(issue):
    end(issue, "sent", "sent", "sent")
    Delivery.objects.filter(state="pending").update(next_at=timezone.now() + timedelta(hours=1))
    keep_house()
    assert of(issue).stage == "watched"


def test_all_get_it_when_the_first_went_well(issue):
    found = watched(issue, "sent", "sent", "sent", "failed")
    assert (found.stage, found.state, found.audience_size) == ("passed", "sending", 10)
    end(issue, *["sent"] * 6)
    keep_house()
    assert state_of(issue) == "sent"


def test_nobody_else_gets_it_before_the_wait_is_over(issue):
    end(issue, *["sent"] * 4)
    for _ in range(3):
        keep_house()
    found = of(issue)
    assert (found.stage, found.state, found.audience_size) == ("watched", "sending", 4)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        (
            ["sent", "sent", "failed", "failed"],
            "Held: 2 of the first 4 mails failed or bounced (50 %, limit 25 %).",
        ),
        (
            ["sent", "unknown", "unknown", "unknown"],
            "Held: of the first 4 mails only 1 have arrived or failed.",
        ),
    ],
)
def test_it_is_held_when_they_did_not(issue, outcomes, sentence):
    found = watched(issue, *outcomes)
    assert (found.stage, found.state, found.audience_size) == ("held", "paused", 4)
    assert found.pause_reason == sentence


def test_a_complaint_holds_it(issue):
    end(issue, "sent")
    mail = Delivery.objects.get(state="sent")
    for _ in range(2):
        bouncing.complained(delivery_id=mail.pk)
    assert Complaint.objects.get().issue == issue
    found = watched(issue, "sent", "sent", "sent")
    assert found.pause_reason == "Held: 1 of the first 4 readers complained (25 %, limit 0 %)."


def test_a_held_issue_goes_on_to_the_rest_when_the_editor_says_so(issue):
    watched(issue, "sent", "sent", "failed", "failed")
    publishing.resume(issue_id=issue.pk)
    keep_house()
    found = of(issue)
    assert (found.stage, found.audience_size, found.pause_reason) == ("passed", 10, "")


def test_a_held_issue_is_given_up_by_cancel(issue):
    watched(issue, "sent", "sent", "failed", "failed")
    publishing.cancel(issue_id=issue.pk)
    keep_house()
    found = of(issue)
    assert (found.state, found.audience_size, found.pause_reason) == ("cancelled", 4, "")


def test_pause_and_resume_do_not_shorten_the_wait(issue):
    end(issue, *["sent"] * 4)
    keep_house()
    publishing.pause(issue_id=issue.pk)
    publishing.resume(issue_id=issue.pk)
    keep_house()
    found = of(issue)
    assert (found.stage, found.state, found.audience_size) == ("watched", "sending", 4)


def test_a_paused_issue_is_not_judged(issue):
    end(issue, *["sent"] * 4)
    keep_house()
    publishing.pause(issue_id=issue.pk)
    pass_time(issue)
    keep_house()
    assert of(issue).audience_size == 4
    publishing.resume(issue_id=issue.pk)
    keep_house()
    keep_house()
    assert of(issue).audience_size == 10


@pytest.mark.parametrize("stage", ["first", "watched", "held"])
def test_the_way_around_is_closed(issue, stage):
    Issue.objects.update(stage=stage)
    with pytest.raises(publishing.WrongState):
        publishing.send_to_missed(issue_id=issue.pk)


def test_a_small_audience_is_complete_at_once(readers):
    written = write()
    publishing.publish(issue_id=written.pk, stage=publishing.StagePlan(first=50))
    keep_house()
    end(written, *["sent"] * 10)
    keep_house()
    assert (state_of(written), of(written).stage) == ("sent", "passed")


def test_the_rest_is_who_was_confirmed_when_it_was_published(issue):
    make_subscription("later@example.org", confirmed_at=timezone.now())
    assert watched(issue, "sent", "sent", "sent", "sent").audience_size == 10


def test_a_scheduled_issue_keeps_its_plan_and_a_taken_back_one_does_not(readers):
    written = write()
    at = timezone.now() + timedelta(hours=1)
    publishing.schedule(issue_id=written.pk, at=at, stage=PLAN)
    Issue.objects.update(publish_at=F("created_at"))
    publishing.start_due()
    assert of(written).stage == "first"
    other = write("Other")
    publishing.schedule(issue_id=other.pk, at=at, stage=PLAN)
    publishing.take_back(issue_id=other.pk)
    publishing.publish(issue_id=other.pk)
    assert (of(other).stage, of(other).stage_size) == ("", None)


def test_mails_of_other_issues_count_for_nothing(issue, readers):
    other = write("Other")
    make_delivery(readers[0], other, state="failed", next_at=None)
    assert watched(issue, "sent", "sent", "sent", "sent").stage == "passed"


@pytest.mark.parametrize(
    ("text", "audience", "first"),
    [("1000", 5, 1000), ("1,000", 0, 1000), ("5%", 1001, 51), ("5 %", 0, 1), ("100%", 7, 7)],
)
def test_so_many_or_a_share(text, audience, first):
    assert stages.parse_first(text, audience=audience) == first


@pytest.mark.parametrize(
    "texts",
    [
        {"first": "0"},
        {"first": "-5"},
        {"first": "101%"},
        {"first": "many"},
        {"first": "9999999999"},
        {"first": "1", "wait": "soon"},
        {"first": "1", "wait": "8d"},
        {"first": "1", "wait": "999999d"},
        {"first": "1", "failures": "x"},
        {"first": "1", "failures": "nan"},
        {"first": "1", "complaints": "101"},
        {"first": "1", "complaints": "-1"},
        {"first": "1", "complaints": "1e99"},
    ],
)
def test_a_plan_without_sense_is_refused(texts):
    with pytest.raises(publishing.InvalidStage):
        publishing.StagePlan.from_texts(audience=10, **texts)


@given(st.text(max_size=20))
def test_no_text_breaks_the_parsers(text):
    for parse in (
        lambda t: stages.parse_first(t, audience=9),
        stages.parse_wait,
        stages.parse_limit,
    ):
        with suppress(publishing.InvalidStage):
            parse(text)
