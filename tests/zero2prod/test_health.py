"""What the probes are told: alive without touching anything, ready only if readers are served."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from newsletter.models import Issue, Worker
from tests.factories import make_delivery, make_issue, make_subscription


@pytest.fixture
def worker(db) -> Worker:
    """A worker that was seen just now."""
    return Worker.objects.create(host="here", pid=1)


def late() -> dict[str, object]:
    return {"next_at": timezone.now() - timedelta(minutes=11)}


def test_liveness_is_an_empty_answer_that_asks_no_database(client):
    answer = client.get("/health_check")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Content-Length"] == "0"


def test_ready_with_a_worker_and_no_late_mail(client, worker):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready"}


def test_an_answer_is_never_kept(client, worker):
    assert "no-store" in client.get("/readyz")["Cache-Control"]


def test_not_ready_without_a_worker(client, db):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["worker: none seen for 30 s"]


def test_not_ready_when_the_worker_has_been_silent(client, worker):
    Worker.objects.update(seen_at=timezone.now() - timedelta(seconds=31))
    assert client.get("/readyz").json()["reasons"] == ["worker: none seen for 30 s"]


def test_not_ready_when_a_confirmation_is_late(client, worker):
    make_delivery(make_subscription(), **late())
    assert client.get("/readyz").json()["reasons"] == [
        "mail: due for more than 10 min and not sent"
    ]


@pytest.mark.parametrize("state", [Issue.State.SENDING, Issue.State.PAUSED])
def test_an_issue_may_take_hours_by_its_rate(client, worker, state):
    make_delivery(make_subscription(), make_issue(state=state), **late())
    assert client.get("/readyz").status_code == 200


def test_mail_that_is_just_due_is_not_late(client, worker):
    make_delivery(make_subscription())
    assert client.get("/readyz").status_code == 200


def test_not_ready_before_the_migrations(client, worker):
    MigrationRecorder.Migration.objects.filter(app="newsletter").latest("id").delete()
    assert client.get("/readyz").json()["reasons"] == ["migrations: 1 not applied"]


@pytest.mark.django_db(transaction=True)
def test_not_ready_soon_when_the_database_is_away(client):
    """192.0.2.1 is nobody's (RFC 5737): the packets are lost, as with a host that is down."""
    settings = dict(connection.settings_dict)
    connection.close()
    engine_options = connection.settings_dict["OPTIONS"]
    connection.settings_dict["OPTIONS"] = {**engine_options, "hostaddr": "192.0.2.1"}
    began = time.monotonic()
    try:
        answer = client.get("/readyz")
    finally:
        connection.close()
        connection.settings_dict.update(settings)
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["database: unreachable"]
    assert time.monotonic() - began < 3
