"""The figures of the first page: readers day by day, how many confirm, what comes back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import figures
from newsletter.models import Complaint, Day, Figure, IssueCount, Subscription
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


def ago(days=0, **parts):
    return timezone.now() - timedelta(days=days, **parts)


def reader(name, *, signed_up, wait=timedelta(minutes=5), left=None, **fields):
    """Store a reader who signed up so many days ago, confirmed after a wait, and left, or not."""
    made = make_subscription(f"{name}@example.org", **fields)
    began = ago(signed_up)
    Subscription.objects.filter(pk=made.pk).update(
        subscribed_at=began,
        confirmed_at=None if wait is None else began + wait,
        unsubscribed_at=None if left is None else ago(left),
    )
    return made


def readers_at_end_of(days_ago):
    return dict(figures.growth()).get(ago(days_ago).date())


class TestGrowth:
    def test_each_day_is_reckoned_back_from_today(self):
        reader("old", signed_up=200)
        reader("new", signed_up=10)
        reader("left", signed_up=20, left=5, status="unsubscribed")
        reader("never", signed_up=3, wait=None, status="pending_confirmation")
        figures.refresh()
        found = [readers_at_end_of(days) for days in (90, 21, 19, 11, 9, 6, 4, 0)]
        assert found == [1, 1, 2, 2, 3, 3, 2, 2]

    def test_a_written_day_stays_when_somebody_is_erased(self):
        reader("a", signed_up=10)
        figures.refresh()
        Subscription.objects.all().delete()
        Figure.objects.update(counted_at=ago(1))
        figures.refresh()
        assert [readers_at_end_of(days) for days in (5, 0)] == [1, 0]

    def test_days_without_a_worker_are_filled_in_later(self):
        reader("a", signed_up=10)
        figures.refresh()
        Day.objects.filter(day__gt=ago(4).date()).delete()
        Figure.objects.update(counted_at=ago(1))
        figures.refresh()
        assert [readers_at_end_of(days) for days in (6, 4, 3, 2, 1, 0)] == [1] * 6

    def test_newsletters_are_added_up(self):
        reader("a", signed_up=10)
        other = type(default_newsletter()).objects.create(slug="other", title="Other")
        reader("b", signed_up=10, newsletter=other)
        figures.refresh()
        assert readers_at_end_of(0) == 2


class TestReaders:
    def test_sign_ups_of_a_month_their_share_and_their_median_wait(self):
        for number, minutes in enumerate([1, 4, 90]):
            reader(str(number), signed_up=5, wait=timedelta(minutes=minutes))
        reader("waits", signed_up=1, wait=None, status="pending_confirmation")
        reader("earlier", signed_up=40)
        reader("imported", signed_up=2, wait=timedelta(0))
        found = figures.readers()
        assert (found.confirmed, found.unconfirmed) == (5, 1)
        assert (found.signed_up, found.of_these_confirmed) == (4, 3)
        assert (found.percent_confirmed, found.median_wait) == (75.0, timedelta(minutes=4))

    def test_nobody_at_all(self):
        found = figures.readers()
        assert (found.confirmed, found.percent_confirmed, found.median_wait) == (0, None, None)

    def test_a_count_rests_and_a_quick_one_is_repeated_by_who_looks(self):
        figures.readers()
        make_subscription()
        assert figures.readers().confirmed == 0
        Figure.objects.update(counted_at=ago(seconds=11), seconds=0.01)
        assert figures.readers().confirmed == 1

    def test_a_slow_count_is_the_workers_business(self):
        figures.readers()
        make_subscription()
        Figure.objects.update(counted_at=ago(hours=1), seconds=3)
        assert figures.readers().confirmed == 0
        figures.refresh()
        assert figures.readers().confirmed == 1


class TestReputation:
    @pytest.mark.parametrize(
        ("sent", "failed", "complaints", "grades"),
        [
            (10_000, 0, 0, ("", "")),
            (9_901, 99, 9, ("", "")),
            (9_900, 100, 10, ("warn", "warn")),
            (10_000, 5, 29, ("", "warn")),
            (10_000, 5, 30, ("", "bad")),
            (0, 0, 0, ("", "")),
        ],
    )
    def test_limits(self, sent, failed, complaints, grades):
        found = figures.Reputation(sent, failed, complaints)
        assert (found.failures_grade, found.complaints_grade) == grades

    def test_it_is_of_the_issues_of_a_month(self):
        for days in (1, 40):
            issue = make_issue(f"{days}", state="sent", published_at=ago(days))
            IssueCount.objects.create(
                issue=issue,
                counted_at=ago(),
                promised=5,
                states={"sent": 4, "failed": 1},
                bounced=0,
            )
            mail = make_delivery(make_subscription(f"{days}@example.org"), issue)
            Complaint.objects.create(delivery=mail, issue=issue)
            Complaint.objects.filter(issue=issue).update(at=ago(days))
        assert figures.reputation() == figures.Reputation(sent=4, failed=1, complaints=1)
