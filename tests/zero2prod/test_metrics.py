"""Who may read the metrics, and what the web counts."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from zero2prod.metrics import COUNTERS

pytestmark = pytest.mark.django_db

TOKEN = "scraper-token-of-the-tests"


@pytest.fixture
def live(settings):
    """The settings of a live service, in which Prometheus has a token."""
    settings.METRICS_OPEN = False
    settings.METRICS_TOKEN = TOKEN


def value(name, **labels):
    return COUNTERS.get_sample_value(name, labels) or 0


def test_locally_anybody_may_look(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answer["Cache-Control"]
    assert {family.name for family in text_string_to_metric_families(answer.text)}


def test_a_live_service_shows_them_to_who_has_the_token(client, live):
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "zero2prod_database_up 1.0" in answer.text


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"bearer {TOKEN}", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "é"]
)
def test_to_nobody_else(client, live, given):
    answer = client.get("/metrics", headers={"authorization": given})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert "zero2prod_" not in answer.text


def test_without_a_token_a_live_service_has_none(client, live, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_they_are_only_read(client, method):
    assert getattr(client, method)("/metrics").status_code == 405


def test_a_request_counts_under_its_route_and_not_under_its_path(client):
    labels = {"method": "GET", "route": "/issues/<slug:slug>/", "status": "404"}
    before = value("zero2prod_http_requests_total", **labels)
    client.get("/issues/one/")
    client.get("/issues/another/?token=secret")
    assert value("zero2prod_http_requests_total", **labels) == before + 2
    assert value("zero2prod_http_request_seconds_count", route=labels["route"]) >= 2


def test_what_a_stranger_makes_up_adds_no_label(client):
    client.get("/a-path-of-mine")
    client.generic("A-VERB-OF-MINE", "/")
    text = client.get("/metrics").text
    assert "of-mine" not in text.lower()
    assert 'route="none"' in text
    assert 'method="other"' in text


@pytest.mark.parametrize(
    ("email", "outcome"), [("ursula@example.org", "new"), ("ursula", "refused")]
)
def test_a_sign_up_counts_by_its_outcome(client, email, outcome):
    before = value("zero2prod_sign_ups_total", outcome=outcome)
    body = f"name=Ursula&email={email}"
    client.post("/subscriptions", body, content_type="application/x-www-form-urlencoded")
    assert value("zero2prod_sign_ups_total", outcome=outcome) == before + 1
