import logging
import re

import pytest

from newsletter import links
from tests.factories import make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(caplog):
    """Return the events that were logged so far, as dictionaries."""
    return lambda: [record.msg for record in caplog.records if isinstance(record.msg, dict)]


def test_a_request_is_one_event(client, events):
    client.get("/?q=1", headers={"user-agent": "Firefox"})
    (event,) = events()
    assert event["event"] == "request.answered"
    assert event["method"] == "GET"
    assert event["route"] == "/"
    assert event["status"] == 200
    assert event["elapsed_ms"] > 0
    assert event["client_address"] == "127.0.0.1"
    assert event["user_agent"] == "Firefox"
    assert re.fullmatch("[0-9a-f]{32}", event["request_id"])


def test_the_answer_carries_the_id_that_is_on_every_event(client, events):
    body = "name=Ursula&email=ursula@example.org"
    content_type = "application/x-www-form-urlencoded"
    response = client.post("/subscriptions", body, content_type=content_type)
    assert [event["event"] for event in events()] == ["subscribing.signed_up", "request.answered"]
    assert {event["request_id"] for event in events()} == {response["X-Request-ID"]}


@pytest.mark.parametrize("given", ["abc", "A-b_9" * 12])
def test_a_safe_id_of_the_caller_is_kept(client, given):
    response = client.get("/", headers={"x-request-id": given})
    assert response["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a b", "a\nb", "<b>", "a" * 65, "é"])
def test_any_other_id_is_replaced(client, given):
    response = client.get("/", headers={"x-request-id": given})
    assert re.fullmatch("[0-9a-f]{32}", response["X-Request-ID"])


@pytest.mark.parametrize("path", ["/health_check", "/nothing", "/?q=%00", "/issues/"])
def test_every_answer_has_an_id(client, path):
    assert "X-Request-ID" in client.get(path)


def test_neither_tokens_nor_addresses_nor_names_are_logged(client, caplog):
    reader = make_subscription("sentinel@example.org", status="pending_confirmation")
    confirmation = links.confirmation_token(reader.pk)
    unsubscription = links.unsubscribe_token(reader.pk)
    body = "name=Sentinelle&email=sentinel2@example.org"
    client.post("/subscriptions", body, content_type="application/x-www-form-urlencoded")
    client.post(f"/subscriptions/confirm?subscription_token={confirmation}")
    client.post(f"/subscriptions/unsubscribe?token={unsubscription}")
    client.get(f"/subscriptions/confirm?subscription_token={confirmation}x")
    client.put(f"/subscriptions/confirm?subscription_token={confirmation}")
    client.get(f"/nothing?token={unsubscription}")
    logged = "\n".join(str(record.msg) + record.getMessage() for record in caplog.records)
    assert "subscribing.confirmed" in logged
    for secret in (confirmation, unsubscription, "sentinel", "Sentinelle"):
        assert secret not in logged


@pytest.mark.parametrize("path", ["/subscriptions", "/subscriptions/form", "/subscriptions/link"])
def test_what_cannot_be_read_is_one_line_without_a_word_of_it(client, caplog, path):
    kind = f"multipart/form-data; boundary={'sentinel' * 30}"
    assert client.post(path, b"sentinel", content_type=kind).status_code == 400
    answered = [record for record in caplog.records if record.name != "newsletter.signing_up"]
    assert len(answered) == 1
    assert "sentinel" not in "\n".join(map(str, [record.__dict__ for record in answered]))


def test_a_strangers_text_cannot_forge_a_line(client, caplog):
    client.get("/", headers={"user-agent": "\u2028 \x85 Mozilla' status=500"})
    events = next(handler for handler in logging.root.handlers if handler.name == "events")
    lines = [line for record in caplog.records for line in events.format(record).splitlines()]
    assert len(lines) == len(caplog.records)
