"""Who publishes at the same moment. Rows are really committed: else nobody waits for a lock."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from newsletter import accounting, publishing
from newsletter.models import Delivery, Issue
from tests.factories import make_issue, make_subscription
from tests.newsletter.publications import expand, publish_keyed, state_of

State = Issue.State


def in_threads(count, act):
    """Call it from many threads with connections of their own; return results and errors."""

    def call(_number):
        try:
            return act()
        except publishing.PublishingError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        return list(threads.map(call, range(count)))


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_hundred_publications_are_one(self):
        for number in range(20):
            make_subscription(f"r{number}@example.org")
        issue = make_issue()
        in_threads(100, lambda: publishing.publish(issue_id=issue.pk))
        expand()
        issue.refresh_from_db()
        assert (issue.state, issue.audience_size) == (State.SENDING, 20)

    def test_one_key_in_parallel_is_one_issue(self):
        issues = in_threads(100, publish_keyed)
        assert len({issue.pk for issue in issues}) == 1
        assert Issue.objects.count() == 1

    def test_two_contents_race_for_a_key_and_one_wins(self):
        bodies = iter([f"Text {number % 2}" for number in range(40)])
        answers = in_threads(40, lambda: publish_keyed(body=next(bodies)))
        assert Issue.objects.count() == 1
        assert sum(isinstance(answer, publishing.KeyTaken) for answer in answers) == 20

    def test_many_workers_expand_nobody_twice(self):
        for number in range(200):
            make_subscription(f"r{number}@example.org")
        issue = publish_keyed()

        def work():
            while state_of(issue) == State.EXPANDING:
                publishing.expand_one(limit=7)

        in_threads(8, work)
        issue.refresh_from_db()
        assert issue.audience_size == Delivery.objects.count() == 200
        assert accounting.of_issue(issue).identity_holds

    def test_publish_and_cancel_at_once_leave_one_truth(self):
        for number in range(5):
            make_subscription(f"r{number}@example.org")
        issue = make_issue(state=State.SCHEDULED)
        verbs = iter([publishing.publish, publishing.cancel] * 10)
        in_threads(20, lambda: next(verbs)(issue_id=issue.pk))
        expand()
        publishing.finish_done()
        assert state_of(issue) == State.CANCELLED
        assert not Delivery.objects.filter(state="pending").exists()
