"""`manage.py ledger`, as an operator and a script read it."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper
from django.utils import timezone

from newsletter.management import ledger_watch
from newsletter.models import Issue, IssueCount
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue():
    issue = make_issue(state="sending", audience_size=2)
    make_delivery(make_subscription("a@example.org"), issue, state="sent", next_at=None)
    make_delivery(
        make_subscription("b@example.org"),
        issue,
        state="failed",
        next_at=None,
        error_code="smtp_550",
    )
    return issue


def test_text_has_the_line_and_the_reasons(capsys, issue):
    call_command("ledger", issue.pk)
    out = capsys.readouterr().out
    assert "2 = 1 sent + 1 failed\n" in out
    assert "1 smtp_550" in out


def test_json_is_one_object_with_every_state(capsys, issue):
    call_command("ledger", issue.pk, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "issue": issue.pk,
        "state": "sending",
        "total": 2,
        "pending": 0,
        "claimed": 0,
        "sending": 0,
        "sent": 1,
        "failed": 1,
        "skipped": 0,
        "unknown": 0,
        "reasons": {"smtp_550": 1},
        "rate": 0,
        "oldest_due": None,
    }


def test_rows_that_are_missing_are_told(capsys, issue):
    issue.audience_size = 3
    issue.save()
    call_command("ledger", issue.pk)
    assert "rows are missing" in capsys.readouterr().out


def test_an_unknown_issue_is_one_sentence():
    with pytest.raises(CommandError, match=r"^There is no issue 99\.$") as refused:
        call_command("ledger", 99)
    assert refused.value.returncode == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(issue, stream=None, then=lambda: None):
    """Watch an issue; `then` happens instead of each wait. Returns what was written."""
    stream = stream or io.StringIO()
    ledger_watch.Watch(OutputWrapper(stream), sleep=lambda _seconds: then()).run(issue.pk)
    return stream.getvalue()


def finish(issue):
    now = timezone.now()
    issue.deliveries.update(state="sent", next_at=None, finished_at=now, error_code="")
    Issue.objects.filter(pk=issue.pk).update(state="sent", finished_at=now)
    IssueCount.objects.update(counted_at=now - timedelta(minutes=1))


@pytest.fixture
def sending():
    made = make_issue(state="sending", audience_size=2, published_at=timezone.now())
    make_delivery(make_subscription("a@example.org"), made)
    reader = make_subscription("b@example.org")
    make_delivery(reader, made, state="unknown", next_at=None, error_code="worker_died")
    return made


def test_watching_writes_lines_until_the_issue_is_done(sending):
    lines = watch(sending, then=lambda: finish(sending)).splitlines()
    assert "sending: 2 = 1 unknown + 1 pending" in lines[0]
    assert lines[1].startswith("No worker is alive")
    assert "2 = 2 sent" in lines


def test_a_terminal_is_drawn_anew_in_its_place(sending):
    text = watch(sending, Terminal(), then=lambda: finish(sending))
    before, after = text.split("\033[", 1)
    assert after.startswith(f"{before.count(chr(10))}A\033[J")
    assert "1 unknown: The provider may have these mails" in before
    assert "2 to example.org: 0 sent" in before
    assert "[████████████████████████████████████████] 100 %" in after


def test_ctrl_c_ends_the_watch_and_not_the_issue(sending):
    def interrupt():
        raise KeyboardInterrupt

    assert watch(sending, then=interrupt).endswith("The watch is over; the issue goes on.\n")
    assert Issue.objects.get().state == "sending"


def test_a_draft_and_a_deleted_issue_are_told():
    draft = make_issue("A draft")
    assert watch(draft) == f"Issue {draft.pk}, draft: A draft\n"
    scheduled = make_issue("Later", state="scheduled")
    gone = watch(scheduled, then=lambda: Issue.objects.filter(subject="Later").delete())
    assert gone.endswith("was deleted.\n")


def test_watching_as_json_is_refused(issue):
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("ledger", str(issue.pk), "--json", "--watch")
