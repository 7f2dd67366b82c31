"""Many workers judge one stage. Rows are really committed: else nobody waits for a lock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import accounting, publishing
from newsletter.models import Delivery, Issue
from tests.factories import make_subscription
from tests.newsletter.publications import expand, write
from tests.newsletter.test_publishing_races import in_threads

FIRST, READERS = 10, 60


@pytest.fixture
def watched(transactional_db) -> Issue:
    """An issue whose first mails are out, and whose wait is over."""
    for number in range(READERS):
        make_subscription(f"r{number}@example.org")
    issue = write()
    publishing.publish(issue_id=issue.pk, stage=publishing.StagePlan(first=FIRST))
    expand()
    Delivery.objects.update(state="sent", next_at=None, finished_at=timezone.now())
    publishing.judge_stages()
    Issue.objects.update(stage_ends_at=timezone.now() - timedelta(seconds=1))
    return issue


def work() -> None:
    for _ in range(5):
        publishing.judge_stages()
        publishing.expand_one(limit=7)
        publishing.finish_done()


def test_many_workers_pass_it_once(watched):
    in_threads(8, work)
    expand()
    watched.refresh_from_db()
    account = accounting.of_issue(watched)
    assert (watched.stage, account.total) == ("passed", READERS)
    assert account.identity_holds
    assert Delivery.objects.filter(issue=watched).count() == READERS


def test_many_workers_hold_it_and_nobody_else_gets_it(watched):
    Delivery.objects.update(state="failed", error_code="550 5.1.1")
    in_threads(8, work)
    watched.refresh_from_db()
    assert (watched.stage, watched.state, watched.audience_size) == ("held", "paused", FIRST)


def test_judged_and_paused_at_once_leave_one_truth(watched):
    def pause() -> None:
        publishing.pause(issue_id=watched.pk)

    acts = iter([work, pause] * 8)

    def act() -> None:
        next(acts)()

    in_threads(16, act)
    watched.refresh_from_db()
    account = accounting.of_issue(watched)
    assert watched.state == "paused"
    assert account.identity_holds
    publishing.resume(issue_id=watched.pk)
    work()
    expand()
    assert Delivery.objects.filter(issue=watched).count() == READERS
