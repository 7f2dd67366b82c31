"""The sign-up for programs: JSON, and what scripts of other sites may read (CORS)."""

import json

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from newsletter.models import Subscription
from tests.newsletter.front_door.posts import URSULA, post_form, post_json

FIELDS = ("name", "email", "newsletter", "wording", "return_to", "comment", "proof", "ticket")

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def test_a_program_signs_somebody_up_by_json(client):
    response = post_json(client)
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json()["did_you_mean"] is None
    assert Subscription.objects.get().email == "ursula@example.org"
    assert not response.cookies


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [["ursula@example.org"], {"a": "b"}, 1, 1.5, True, False, None])
def test_a_value_that_is_no_text_is_named_and_refused(client, field, value):
    response = post_json(client, **{field: value})
    assert response.status_code == 400
    assert response.json() == {"error": f"{field}: This must be a text."}
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "null",
        '"name"',
        "1",
        "NaN",
        '{"name": NaN, "email": "ursula@example.org"}',
        '{"name": "Ursula", "email": "ursula@example.org", "more": Infinity}',
        '{"name": "Ursula", "name": "Mallory", "email": "ursula@example.org"}',
        '{"name": "Ursula", "email": "ursula@example.org", "email": "mallory@example.org"}',
        '{"name": "Ursula", "email": ["ursula@example.org", "mallory@example.org"]}',
        '{"name": "Ursula", "email": "ursula@example.org,mallory@example.org"}',
        r'{"name": "\ud800", "email": "ursula@example.org"}',
        r'{"name": "Ursula", "email": "\udfff@example.org"}',
        r'{"name": "Ursula", "email": "ursula@example.org", "newsletter": "\ud800"}',
        r'{"name": "Ursula", "email": "ursula@example.org", "wording": "\ud800"}',
        r'{"name": "Ursula", "email": "ursula@example.org", "return_to": "\ud800"}',
        r'{"name": "Ursula", "email": "ursula@example.org", "\ud800": 1}',
        r'{"name": "Ursula", "email": "ursula@example.org", "wording": "\u0000"}',
        '{"name": "Ursula", "email": "\u0131@example.org"}',
        '\ufeff{"name": "Ursula", "email": "ursula@example.org"}',
        "[" * 8000,
        '{"name": ' + "1" * 8000 + "}",
    ],
)
def test_what_is_no_object_of_texts_is_refused_with_the_reason(client, body):
    response = post_json(client, body)
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert response.json()["error"]
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("body", [b"\xff", '{"name": "Ursula"}'.encode("utf-16")])
def test_json_is_utf_8(client, body):
    assert post_json(client, body).status_code == 400


def test_json_has_the_limit_of_a_form(client):
    assert post_json(client, name="a" * 20_000).status_code == 413


def test_json_says_what_was_probably_meant_and_signs_up_what_was_typed(client):
    response = post_json(client, email="ursula@gmial.com")
    assert response.json()["did_you_mean"] == "ursula@gmail.com"
    assert Subscription.objects.get().email == "ursula@gmial.com"


@pytest.mark.parametrize(
    "send",
    [
        post_json,
        lambda client: post_json(client, "{"),
        lambda client: post_json(client, email="nobody"),
        lambda client: post_json(client, name="a" * 20_000),
        lambda client: client.get("/subscriptions/challenge"),
    ],
)
def test_scripts_of_every_site_may_read_the_answer_but_send_no_cookies(client, send):
    response = send(client)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert "Retry-After" in response["Access-Control-Expose-Headers"]


def test_a_browser_is_told_that_a_script_may_post_json(client):
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/subscriptions", headers=asks)
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "POST"
    assert response["Access-Control-Allow-Headers"] == "Content-Type"
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", ["/", "/subscriptions/confirm", "/issues/", "/admin/"])
def test_no_other_address_is_open_to_scripts_of_other_sites(client, path):
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in client.options(path, headers=origin)
    assert "Access-Control-Allow-Origin" not in client.get(path, headers=origin)


def test_a_form_is_not_open_to_scripts_of_other_sites(client):
    response = post_form(client, {"Origin": "https://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in response


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)


class Fuzz(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), ANYTHING), st.booleans())
    def test_any_json_is_answered_by_200_or_400(self, fields, is_complete):
        body = json.dumps({**URSULA, **fields} if is_complete else fields)
        assert post_json(Client(), body).status_code in {200, 400, 403}

    @settings(max_examples=40, deadline=None)
    @given(st.binary(max_size=200))
    def test_any_octets_are_answered_by_400(self, body):
        client = Client()
        response = client.post("/subscriptions", body, content_type="application/json")
        assert response.status_code == 400

    @settings(max_examples=60, deadline=None)
    @given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40)))
    def test_any_form_is_answered_by_200_400_or_403(self, fields):
        data = {name: value.encode(errors="surrogatepass") for name, value in fields.items()}
        response = post_form(Client(), **data)
        assert response.status_code in {200, 400, 403}
