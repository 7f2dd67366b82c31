"""When an issue is counted, by whom, and what is kept of it for the plot of its pace."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from newsletter import accounting, progress
from newsletter.models import Delivery, Issue, IssueCount, IssueSample
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue():
    began = timezone.now() - timedelta(minutes=10)
    made = make_issue(state="sending", audience_size=2, published_at=began)
    for number in range(2):
        make_delivery(make_subscription(f"{number}@example.org"), made)
    return made


def count_after(issue: Issue, seconds: float, **states: int) -> None:
    """Take a sample of an issue so long after it was published."""
    at = issue.published_at + timedelta(seconds=seconds)
    IssueSample.objects.take(issue, at, states)


def samples(issue: Issue) -> list[tuple[float, int]]:
    return [
        ((one.at - issue.published_at).total_seconds(), one.done)
        for one in issue.samples.order_by("at")
    ]


def rest(seconds: float) -> None:
    """Let the last count be so old."""
    IssueCount.objects.update(counted_at=timezone.now() - timedelta(seconds=seconds))


def counted_again(issue: Issue) -> bool:
    before = IssueCount.objects.get(issue=issue).counted_at
    with connection.cursor() as cursor:  # a test is one transaction, in which now() stands still
        cursor.execute("SELECT now() > %s", [before])
    IssueCount.objects.refresh()
    return IssueCount.objects.get(issue=issue).counted_at > before


class TestWhen:
    def test_a_draft_is_never_counted(self):
        make_issue()
        make_issue("Later", state="scheduled")
        IssueCount.objects.refresh()
        assert not IssueCount.objects.exists()

    @pytest.mark.usefixtures("issue")
    def test_states_reasons_and_the_promise_are_of_one_moment(self):
        Delivery.objects.filter(pk=Delivery.objects.first().pk).update(
            state="failed", next_at=None, error_code="bounced 5.1.1"
        )
        IssueCount.objects.refresh()
        count = IssueCount.objects.get()
        assert (count.promised, count.states) == (2, {"failed": 1, "pending": 1})
        assert count.reasons == [["failed", "bounced 5.1.1", 1]]
        assert (count.bounced, count.error) == (1, 0)
        assert count.domains == [["example.org", {"failed": 1, "pending": 1}]]

    @pytest.mark.parametrize(
        ("took", "rested", "again"),
        [(0.01, 1, False), (0.01, 3, True), (2, 20, False), (2, 40, True)],
    )
    def test_a_count_rests_for_many_times_of_what_it_took(self, issue, took, rested, again):
        IssueCount.objects.refresh()
        IssueCount.objects.update(seconds=took)
        rest(rested)
        assert counted_again(issue) == again

    @pytest.mark.parametrize(
        ("state", "ended", "rested", "again"),
        [
            ("paused", None, 20, False),
            ("paused", None, 40, True),
            ("sent", timedelta(hours=1), 30, False),
            ("sent", timedelta(hours=1), 40, True),
            ("sent", timedelta(days=10), 3600, False),
            ("sent", timedelta(days=100), 86_400, False),
        ],
    )
    def test_what_stands_still_is_counted_rarely(self, issue, state, ended, rested, again):
        IssueCount.objects.refresh()
        Issue.objects.update(state=state, finished_at=ended and timezone.now() - ended)
        rest(rested)
        assert counted_again(issue) == again

    @pytest.mark.usefixtures("issue")
    def test_one_issue_is_counted_alone(self):
        other = make_issue("Other", state="sending")
        IssueCount.objects.refresh(other.pk)
        assert [count.issue_id for count in IssueCount.objects.all()] == [other.pk]


class TestSamples:
    def test_there_is_one_for_every_half_per_cent(self, issue):
        issue.audience_size = 1000
        for seconds, sent in [(0, 0), (2, 3), (4, 5), (6, 9), (8, 12)]:
            count_after(issue, seconds, sent=sent)
        assert samples(issue) == [(0, 0), (4, 5), (8, 12)]

    def test_a_standstill_is_two_of_which_the_later_moves(self, issue):
        for seconds in (0, 10, 20, 30):
            count_after(issue, seconds, sent=7)
        count_after(issue, 32, sent=9)
        assert samples(issue) == [(0, 7), (30, 7), (32, 9)]

    def test_a_finished_issue_has_one_more_only_if_something_changed(self, issue):
        issue.state = "sent"
        for seconds, states in [(0, {"sent": 2}), (9, {"sent": 2}), (99, {"sent": 1, "failed": 1})]:
            count_after(issue, seconds, **states)
        assert samples(issue) == [(0, 2), (99, 2)]

    def test_the_pace_is_what_was_tried_between_them(self, issue):
        issue.audience_size = 100
        for seconds, sent, failed in [(10, 50, 0), (20, 59, 1), (30, 59, 1), (40, 50, 10)]:
            count_after(issue, seconds, sent=sent, failed=failed)
        found = progress.speeds(issue, list(issue.samples.order_by("at")))
        assert [speed.rate for speed in found] == [5.0, 1.0, 0.0, 0.0][: len(found)]

    def test_the_rate_of_the_last_minute_is_from_samples(self, issue):
        now = timezone.now()
        Issue.objects.update(audience_size=accounting.COUNTED_AT_ONCE + 1)
        issue.refresh_from_db()
        count_after(issue, 500, sent=1000)
        IssueCount.objects.create(
            issue=issue, counted_at=now, promised=5, states={"sent": 3000}, bounced=0
        )
        assert accounting.lately_of_issue(issue).rate == pytest.approx(20, abs=0.2)


def test_an_eta_is_at_the_pace_of_the_last_minute(issue):
    Delivery.objects.filter(pk=Delivery.objects.first().pk).update(
        state="sent", next_at=None, finished_at=timezone.now()
    )
    found = progress.of_issue(issue)
    assert found.account.rate == pytest.approx(1 / 600, abs=0.1)
    assert str(found.account) == "2 = 1 sent + 1 pending"


def test_an_issue_is_counted_once_more_when_it_ends(issue):
    IssueCount.objects.refresh()
    IssueCount.objects.update(seconds=60, details_seconds=60)
    rest(5)
    IssueCount.objects.update(details_at=timezone.now() - timedelta(seconds=5))
    Delivery.objects.update(state="sent", next_at=None, finished_at=timezone.now())
    ended = timezone.now() - timedelta(seconds=1)
    Issue.objects.update(state="sent", finished_at=ended)
    IssueCount.objects.refresh()
    count = IssueCount.objects.get(issue=issue)
    assert count.states == {"sent": 2}
    assert count.domains == [["example.org", {"sent": 2}]]


def test_a_worker_counts_one_at_a_time_and_forgets_none(issue):
    issues = [issue, *(make_issue(f"Issue {number}", state="sent") for number in range(2))]
    for number in range(1, 4):
        IssueCount.objects.refresh(most=1)
        assert IssueCount.objects.count() == number
    assert {count.issue_id for count in IssueCount.objects.all()} == {one.pk for one in issues}
