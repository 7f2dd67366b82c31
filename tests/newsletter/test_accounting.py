"""What the ledger says of an issue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import accounting, publishing
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


def issue_with(**states):
    """Make an issue with so many mails in each state."""
    issue = make_issue(state="sending", audience_size=sum(states.values()))
    for state, mails in states.items():
        for number in range(mails):
            is_held = state in {"claimed", "sending"}
            make_delivery(
                make_subscription(f"{state}{number}@example.org"),
                issue,
                state=state,
                next_at=timezone.now() if state == "pending" else None,
                lease_until=timezone.now() if is_held else None,
                finished_at=timezone.now() if state == "sent" else None,
                error_code="smtp_550" if state == "failed" else "",
            )
    return issue


def test_every_state_has_its_number():
    states = {
        "sent": 3,
        "failed": 2,
        "skipped": 1,
        "unknown": 1,
        "sending": 1,
        "claimed": 2,
        "pending": 4,
    }
    account = accounting.of_issue(issue_with(**states))
    assert account.counts == states
    assert account.total == 14
    assert account.identity_holds
    assert account.reasons == {"smtp_550": 2}
    assert account.rate == pytest.approx(3 / 60, abs=0.05)
    assert account.oldest_due < timezone.now()
    assert account.percent_done == 50


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ({"sent": 3, "failed": 1, "unknown": 1}, "5 = 3 sent + 1 failed + 1 unknown"),
        ({"pending": 2}, "2 = 2 pending"),
        ({}, "0 readers"),
    ],
)
def test_the_line_names_what_there_is(states, line):
    assert str(accounting.of_issue(issue_with(**states))) == line


def test_large_numbers_are_grouped():
    counts = {"sent": 19_996, "failed": 3, "unknown": 1}
    counts = {state: counts.get(state, 0) for state in accounting.State}
    account = accounting.Account(1, "sent", 20_000, counts, 0, None)
    assert str(account) == "20,000 = 19,996 sent + 3 failed + 1 unknown"


def test_a_missing_row_is_seen():
    issue = issue_with(sent=1)
    issue.audience_size = 2
    issue.save()
    assert not accounting.of_issue(issue).identity_holds


def test_test_mails_do_not_count():
    issue = issue_with(sent=1)
    publishing.send_test(issue_id=issue.pk, address="me@example.org")
    account = accounting.of_issue(issue)
    assert account.counts["pending"] == 0
    assert account.identity_holds
    assert account.oldest_due is None


def test_the_rate_is_of_the_last_minute():
    issue = issue_with(sent=120)
    assert accounting.of_issue(issue).rate == 2.0
    issue.deliveries.update(finished_at=timezone.now() - timedelta(minutes=2))
    assert accounting.of_issue(issue).rate == 0


def test_many_accounts_are_two_queries(django_assert_num_queries):
    issues = [make_issue(f"Issue {number}") for number in range(5)]
    with django_assert_num_queries(2):
        assert len(accounting.of_issues(issues)) == 5
