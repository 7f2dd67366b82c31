"""What the database says at a scrape, and what workers leave there for it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DataError, connection, transaction
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from newsletter import metrics
from newsletter.guarding.alarm import raise_alarm
from newsletter.models import Installation, IssueCount, Provider, Tally, Worker
from newsletter.state_metrics import DATABASE_STATE
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db

PROVIDER = "smtp://mail.example.org"


@pytest.fixture
def scraped(client):
    """Return a function that scrapes anew and returns the value of a sample."""

    def value(name, **labels):
        DATABASE_STATE.forget()
        samples = [
            sample.value
            for family in text_string_to_metric_families(client.get("/metrics").text)
            for sample in family.samples
            if sample.name == f"zero2prod_{name}" and sample.labels == labels
        ]
        return samples[0] if samples else None

    yield value
    DATABASE_STATE.forget()


def ago(**span):
    return timezone.now() - timedelta(**span)


def test_all_questions_are_answered(scraped):
    assert scraped("state_unanswered") == 0
    assert scraped("database_up") == 1
    assert scraped("database_connections") >= 1


def test_the_alarm_of_the_sign_up_is_seen(scraped):
    assert scraped("sign_up_alarm") == 0
    raise_alarm()
    assert scraped("sign_up_alarm") == 1


def test_a_worker_is_seen(scraped):
    assert scraped("worker_last_seen_seconds") == -1
    Worker.objects.create(host="here", pid=1, seen_at=ago(seconds=12))
    assert scraped("workers") == 1
    assert 12 <= scraped("worker_last_seen_seconds") < 20


def test_the_oldest_due_mail_is_timed_by_kind(scraped):
    reader = make_subscription()
    make_delivery(reader, next_at=ago(seconds=60))
    make_delivery(reader, make_issue(state="sending"), next_at=ago(seconds=90))
    make_delivery(reader, make_issue("Paused", state="paused"), next_at=ago(days=1))
    assert 60 <= scraped("oldest_due_seconds", kind="single") < 70
    assert 90 <= scraped("oldest_due_seconds", kind="issue") < 100
    assert scraped("single_mails_waiting") == 1


def test_an_issue_has_its_account(scraped):
    issue = make_issue(state="sending", audience_size=3)
    for number, state in enumerate(["sent", "unknown", "failed"]):
        code = "bounced 5.1.1" if state == "failed" else ""
        reader = make_subscription(f"{number}@example.org")
        make_delivery(reader, issue, state=state, next_at=None, error_code=code)
    IssueCount.objects.refresh()
    assert scraped("issue_mails", issue=str(issue.pk), state="unknown") == 1
    assert scraped("issue_promised", issue=str(issue.pk)) == 3
    assert scraped("issue_bounced", issue=str(issue.pk)) == 1
    assert scraped("mails_unknown") == 1
    assert scraped("delivery_accounting_error") == 0


def test_a_lost_row_is_an_accounting_error(scraped):
    make_delivery(make_subscription(), make_issue(state="sending", audience_size=3))
    IssueCount.objects.refresh()
    assert scraped("delivery_accounting_error") == 2


def test_an_issue_has_metrics_until_a_day_after_its_end(scraped):
    todays = make_issue("Today's", state="sent", finished_at=ago(hours=23))
    old = make_issue("Old", state="sent", finished_at=ago(hours=25))
    IssueCount.objects.refresh()
    assert scraped("issue_promised", issue=str(todays.pk)) == 0
    assert scraped("issue_promised", issue=str(old.pk)) is None


def test_what_workers_add_up_is_one_sum(scraped):
    for _ in range(2):
        metrics.handed_over(PROVIDER, ["sent"] * 15 + ["failed"], 0.32)
        metrics.flush()
    assert scraped("deliveries_total", provider=PROVIDER, outcome="sent") == 30
    assert scraped("deliveries_total", provider=PROVIDER, outcome="failed") == 2
    assert scraped("send_seconds_count", provider=PROVIDER) == 32
    assert scraped("send_seconds_sum", provider=PROVIDER) == pytest.approx(0.64)
    assert scraped("send_seconds_bucket", provider=PROVIDER, le="0.01") == 0
    assert scraped("send_seconds_bucket", provider=PROVIDER, le="0.025") == 32


def test_what_cannot_be_written_is_kept_for_the_next_time():
    metrics.handed_over("x" * 41, ["sent"], 0.1)
    with pytest.raises(DataError), transaction.atomic():
        metrics.flush()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_tally ALTER provider TYPE varchar(60)")
    metrics.flush()
    assert Tally.objects.get(measure=f"{Tally.OUTCOME}sent").amount == 1


def test_a_provider_shows_its_gate(scraped):
    Provider.objects.create(
        name=PROVIDER, failures=10, opened_at=timezone.now(), hold_until=ago(seconds=-30)
    )
    assert scraped("provider_circuit_open", provider=PROVIDER) == 1
    assert scraped("provider_failures", provider=PROVIDER) == 10
    assert 20 < scraped("provider_hold_seconds", provider=PROVIDER) <= 30


def test_a_restored_copy_shows(scraped):
    assert scraped("restored") == 0
    Installation.objects.update(database="0")
    assert scraped("restored") == 1


def test_what_is_held_is_counted(scraped):
    held = {"next_at": None, "lease_until": ago(seconds=-30), "claim_token": uuid4()}
    make_delivery(make_subscription(), state="sending", **held)
    assert scraped("mails_held", state="sending") == 1
    assert scraped("mails_held", state="claimed") == 0


@pytest.mark.django_db(transaction=True)
def test_of_a_lost_database_just_that_is_said(client):
    """192.0.2.1 is nobody's (RFC 5737)."""
    options = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = {**options, "hostaddr": "192.0.2.1"}
    DATABASE_STATE.forget()
    try:
        answer = client.get("/metrics")
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = options
        DATABASE_STATE.forget()
    assert answer.status_code == 200
    assert "zero2prod_database_up 0.0" in answer.text
    assert "zero2prod_http_requests_total" in answer.text
    assert "zero2prod_workers" not in answer.text
