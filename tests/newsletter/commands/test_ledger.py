"""`manage.py ledger`, as an operator and a script read it."""

import json

import pytest
from django.core.management import CommandError, call_command

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
