"""A campaign that harms nobody, and a rehearsal that sends nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from newsletter.models import Delivery, Issue, Subscription
from tests.factories import make_issue, make_subscription


def told(*words: str) -> str:
    out = StringIO()
    call_command("simulate", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_campaign_with_faults_and_kills_loses_nobody_and_touches_no_reader():
    reader = make_subscription()
    answer = told(
        "--readers=900",
        "--fault=450=0.1",
        "--fault=550=0.05",
        "--fault=slow=0.005",
        "--kill-every=3",
    )
    assert "900 = " in answer
    assert "0 lost, 0 twice, 0 accepted though given up, 0 unfinished" in answer
    assert list(Subscription.objects.all()) == [reader]
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_rehearsal_counts_who_would_get_it_and_what_it_weighs(settings):
    settings.DELIVERY_RATE_PER_SECOND = 2
    for number in range(4):
        make_subscription(f"reader{number}@example.org")
    make_subscription("left@example.org", status=Subscription.Status.UNSUBSCRIBED)
    issue = make_issue("An issue")
    answer = told(f"--issue={issue.pk}")
    assert "4 confirmed readers would get “An issue”." in answer
    assert "1 would not: unsubscribed." in answer
    assert "bytes a mail" in answer
    assert "about 0:00:02 at the set rate" in answer
    issue.refresh_from_db()
    assert issue.state == Issue.State.DRAFT
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_mail_that_will_be_clipped_is_named():
    issue = make_issue(body="Every word of this is meant. " * 5_000)
    assert "Gmail will hide the end" in told(f"--issue={issue.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--issue=999999"], "There is no issue 999999."),
        (["--fault=777=0.1"], "is no fault such as"),
        (["--fault=450=2"], "is no fault such as"),
        (["--fault=450"], "is no fault such as"),
        (["--readers=0"], "at least 1"),
    ],
)
def test_a_mistake_is_one_sentence(words, sentence):
    with pytest.raises(CommandError, match=sentence):
        told(*words)
