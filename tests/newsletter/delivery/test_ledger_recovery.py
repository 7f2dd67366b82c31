"""What the reaper makes of rows whose worker is dead, and what a late worker may still say."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from newsletter.delivery.ledger import POISON_RECOVERIES, SINGLE_MAILS, Record
from newsletter.models import Delivery, Issue
from tests.factories import make_subscription
from tests.newsletter.delivery.rows import due

State = Delivery.State


def let_leases_pass():
    past = timezone.now() - timedelta(seconds=1)
    Delivery.objects.filter(lease_until__isnull=False).update(lease_until=past)


def hold(ledger, stream, *, begin=True):
    """Claim the one due mail of a stream, and mark it; return its token and id."""
    token = uuid4()
    [row] = ledger.claim(stream, token, 1)
    if begin:
        ledger.advance(token, [], [row], "")
    return token, row


def test_a_living_workers_rows_are_not_touched(ledger, promise, issue):
    promise()
    hold(ledger, issue.pk)
    assert ledger.reap(resend_issues=True) == []


def test_a_claimed_row_is_due_again_however_often_its_worker_dies(ledger, promise, issue):
    """It was not begun, so it killed nobody: a row must not fail because of its neighbours."""
    [mail] = promise()
    for _ in range(2 * POISON_RECOVERIES):
        _, row = hold(ledger, issue.pk, begin=False)
        let_leases_pass()
        assert ledger.reap(resend_issues=False) == [(row, "claimed", "pending")]
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.recoveries) == (State.PENDING, 0, 0)
    assert mail.claim_token is None


def test_an_issues_mail_in_doubt_is_held(ledger, promise, issue):
    [mail] = promise()
    _, row = hold(ledger, issue.pk)
    let_leases_pass()
    assert ledger.reap(resend_issues=False) == [(row, "sending", "unknown")]
    mail.refresh_from_db()
    assert (mail.error_code, mail.resends, mail.attempts) == ("worker_died", 0, 1)
    assert mail.finished_at is not None
    assert ledger.reap(resend_issues=False) == []


@pytest.mark.parametrize("kind", ["issue", "confirmation"])
def test_where_the_policy_resends_it_does_so_once(ledger, promise, issue, kind):
    if kind == "issue":
        [mail] = promise()
    else:
        mail = due(make_subscription(status="pending_confirmation"))
    stream = issue.pk if kind == "issue" else SINGLE_MAILS
    states = []
    for _ in range(2):
        hold(ledger, stream)
        let_leases_pass()
        states += [new for _, _, new in ledger.reap(resend_issues=True)]
    assert states == ["pending", "unknown"]
    mail.refresh_from_db()
    assert (mail.resends, mail.attempts) == (1, 2)


def test_a_mail_on_which_three_workers_died_is_given_up(ledger, promise, issue):
    [mail] = promise(recoveries=POISON_RECOVERIES - 1)
    _, row = hold(ledger, issue.pk)
    let_leases_pass()
    assert ledger.reap(resend_issues=True) == [(row, "sending", "failed")]
    mail.refresh_from_db()
    assert mail.error_code == "poison"


def test_mails_on_which_a_worker_died_are_claimed_last_and_alone(ledger, promise, issue):
    """One of them may be what killed it: the others must not be held up, or die with it again."""
    mails = promise(5)
    suspects = {mail.pk for mail in mails[:2]}
    Delivery.objects.filter(pk__in=suspects).update(recoveries=1)
    claims = [ledger.claim(issue.pk, uuid4(), 10) for _ in range(4)]
    assert set(claims[0]) == {mail.pk for mail in mails} - suspects
    assert [len(claim) for claim in claims] == [3, 1, 1, 0]
    assert {*claims[1], *claims[2]} == suspects


@pytest.mark.parametrize("outcome", ["sent", "failed"])
def test_a_late_outcome_resolves_the_doubt(ledger, promise, issue, outcome):
    [mail] = promise()
    token, row = hold(ledger, issue.pk)
    let_leases_pass()
    ledger.reap(resend_issues=False)
    ledger.advance(token, [Record(row, outcome, "550")], [], "")
    mail.refresh_from_db()
    assert (mail.state, mail.error_code) == (outcome, "550")


def test_a_late_outcome_says_nothing_once_another_worker_has_the_mail(ledger, promise, issue):
    [mail] = promise()
    token, row = hold(ledger, issue.pk)
    let_leases_pass()
    ledger.reap(resend_issues=True)
    other, _ = hold(ledger, issue.pk)
    ledger.advance(token, [Record(row, "failed")], [], "")
    ledger.release(token, [row])
    mail.refresh_from_db()
    assert (mail.state, mail.claim_token) == (State.SENDING, other)


def test_a_mail_that_never_left_is_given_back_though_it_was_taken_to_be_in_doubt(
    ledger, promise, issue
):
    [mail] = promise()
    token, row = hold(ledger, issue.pk)
    let_leases_pass()
    ledger.reap(resend_issues=False)
    ledger.release(token, [row])
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == (State.PENDING, 0)


def test_an_issue_that_was_closed_too_early_is_opened_again(ledger, promise, issue):
    promise()
    Issue.objects.update(state="sent", finished_at=timezone.now())
    assert ledger.reopen_issues() == [issue.pk]
    issue.refresh_from_db()
    assert (issue.state, issue.finished_at) == ("sending", None)


@pytest.mark.parametrize("state", ["sent", "failed", "skipped", "unknown"])
def test_an_issue_without_an_open_mail_stays_closed(ledger, promise, state):
    promise(state=state, next_at=None)
    Issue.objects.update(state="sent")
    assert ledger.reopen_issues() == []


@pytest.mark.parametrize("state", ["paused", "cancelled"])
def test_an_issue_that_the_operator_stopped_stays_stopped(ledger, promise, state):
    promise()
    Issue.objects.update(state=state)
    assert ledger.reopen_issues() == []
