"""The public pages over HTTP. The client checks CSRF, as a real one does, and has no cookie."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from newsletter import links
from newsletter.models import Consent, Delivery, Newsletter, Subscription
from newsletter.models.newsletters import newsletters_in
from tests.factories import default_newsletter, make_wording

FORM = "application/x-www-form-urlencoded"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
VALID = "name=le%20guin&email=ursula_le_guin%40gmail.com"
Status = Subscription.Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def post(client, body, content_type=FORM, **options):
    options.setdefault("CONTENT_TYPE", content_type)
    return client.post("/subscriptions", body.encode(), content_type=FORM, **options)


def is_public(response):
    """Whether an answer sets no cookie, needs none, and lets nothing foreign in."""
    policy = response["Content-Security-Policy"]
    return (
        not response.cookies
        and "Cookie" not in response.get("Vary", "")
        and policy.startswith("default-src 'none'")
        and "script" not in policy
    )


def test_a_valid_form_is_answered_with_an_empty_200(client):
    response = post(client, VALID)
    assert (response.status_code, response.content) == (200, b"")
    assert is_public(response)
    reader = Subscription.objects.get()
    assert (reader.name, reader.email) == ("le guin", "ursula_le_guin@gmail.com")
    assert reader.status == Status.PENDING_CONFIRMATION
    assert Delivery.objects.get().subscription == reader


def test_a_multipart_form_is_taken_too(client):
    response = client.post("/subscriptions", {"name": "Ursula", "email": "ursula@example.org"})
    assert response.status_code == 200
    assert Subscription.objects.get().name == "Ursula"


def test_a_browser_is_told_to_check_its_inbox(client):
    response = post(client, VALID, headers=BROWSER)
    assert response.status_code == 200
    assert "Check your inbox" in response.text
    assert is_public(response)
    assert Consent.objects.get().page == "http://testserver/"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "name"),
        ("name=le%20guin", "email"),
        ("email=ursula_le_guin%40gmail.com", "name"),
        ("name=&email=ursula@example.org", "name"),
        ("name=%20%20&email=ursula@example.org", "name"),
        ("name=Ursula&email=", "email"),
        ("name=Ursula&email=%20", "email"),
        ("name=Ursula&email=definitely-not-an-email", "email"),
        ("name=Ursula&name=Ursula&email=ursula@example.org", "name"),
        ("name=Ursula&email=ursula@example.org&email=mallory@example.org", "email"),
        ("name=Ursula&email[]=ursula@example.org", "email"),
        ("name=Ursula&email=a@example.org,b@example.org", "email"),
        ("name=Ursula&email=%22a,b%22@example.org", "email"),
        ("name=Ursula&email=ursula@[127.0.0.1]", "email"),
        ("name=Ursula&email=ursula@localhost", "email"),
        ("name=Ursula&email=%C4%B1@example.org", "email"),
        ("name=Ursula&email=ursula%00@example.org", "email"),
        ("name=Ursula&email=ursula@example.org%0d%0aBcc:x", "email"),
        ("name=Ursula&email=ursula@example.org%0a", "email"),
        ("name=Ursula&email=ursula%E2%80%AE@example.org", "email"),
        ("name=Ursula&email=%ED%A0%80@example.org", "email"),
        ("name=Ur%00sula&email=ursula@example.org", "name"),
        ("name=Ur%1Bsula&email=ursula@example.org", "name"),
        ("name=Ursula%E2%80%AE&email=ursula@example.org", "name"),
        ("name=Ursula%ED%A0%80&email=ursula@example.org", "name"),
        ("name=Ursula%FF&email=ursula@example.org", "name"),
        ("name=%3Cscript%3E&email=ursula@example.org", "name"),
        ("name=%7B%7B7*7%7D%7D&email=ursula@example.org", "name"),
        (f"name={'a' * 257}&email=ursula@example.org", "name"),
        (f"name=Ursula&email={'a' * 300}@example.org", "email"),
        (f"name={'a' * 15_000}&email=ursula@example.org", "name"),
        ("name=Ursula&email=ursula@example.org&newsletter=missing", "newsletter"),
        ("name=Ursula&email=ursula@example.org&newsletter=%00", "newsletter"),
        ("name=Ursula&email=ursula@example.org&newsletter=default&newsletter=x", "newsletter"),
        ("name=Ursula&email=ursula@example.org&wording=older", "wording"),
    ],
)
@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
def test_a_wrong_form_is_refused_in_one_line_and_nothing_is_stored(client, body, field, headers):
    response = post(client, body, headers=headers)
    assert response.status_code == 400
    assert is_public(response)
    if not headers:
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.text.startswith(f"{field}: ")
        assert response.text.count("\n") == 1
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


def test_a_browser_gets_its_form_back_with_the_errors_beside_the_fields(client):
    response = post(client, "name=Ursula&email=ursula@localhost", headers=BROWSER)
    assert 'value="Ursula"' in response.text
    assert 'value="ursula@localhost"' in response.text
    assert 'aria-describedby="id_email_error"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'id="id_email_error"' in response.text
    assert 'id="id_name_error"' not in response.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", VALID),
        ("", VALID),
        (f"{FORM}; charset=rot13", VALID),
        (f"{FORM}; charset=utf-16", VALID),
        ("multipart/form-data; boundary=x; charset=hex", "--x--"),
    ],
)
def test_another_content_type_is_415(client, content_type, body):
    response = post(client, body, content_type)
    assert response.status_code == 415
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", "--x--"),
        ("multipart/form-data; boundary=x", "--x\r\n"),
        ("multipart/form-data; boundary=x", "\0"),
        (f"{FORM}; charset=utf-8", "&" * 5000),
        (FORM, "&".join(f"f{number}=1" for number in range(1500))),
    ],
)
def test_a_body_that_cannot_be_parsed_is_400(client, content_type, body):
    response = post(client, body, content_type)
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.text
    assert not Subscription.objects.exists()


def test_a_file_is_no_field(client):
    body = (
        '--x\r\nContent-Disposition: form-data; name="name"; filename="n"\r\n\r\nUrsula\r\n'
        '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nu@example.org\r\n--x--\r\n'
    )
    assert post(client, body, "multipart/form-data; boundary=x").status_code == 400


@pytest.mark.parametrize("length", [16 * 1024 + 1, 1_000_000])
def test_a_body_over_16_kb_is_413(client, length):
    assert post(client, "name=".ljust(length, "a")).status_code == 413


def test_no_body_at_all_is_an_empty_form(client):
    assert client.generic("POST", "/subscriptions").status_code == 400


def test_a_body_that_breaks_off_is_400(client):
    broken = {"wsgi.input": BytesIO(VALID.encode()), "CONTENT_LENGTH": str(len(VALID) + 2)}
    response = post(client, VALID, **broken)
    assert response.status_code == 400
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_the_sign_up_takes_posts_only(client, method):
    response = getattr(client, method)("/subscriptions")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert response.text == ("" if method == "head" else "This address takes POST only.\n")


def test_a_sign_up_for_another_newsletter_is_kept_apart(client):
    other = Newsletter.objects.create(slug="other", title="Other")
    post(client, VALID)
    post(client, f"{VALID}&newsletter=other")
    assert {reader.newsletter for reader in Subscription.objects.all()} == {
        other,
        default_newsletter(),
    }


def test_the_first_page_shows_the_newsletter_and_its_consent_wording(client):
    Newsletter.objects.update(title="Slow <Web>", tagline="Quiet", consent_wording="I & you agree.")
    response = client.get("/")
    assert "Slow &lt;Web&gt;" in response.text
    assert "I &amp; you agree." in response.text
    assert "checked" not in response.text
    assert "<script" not in response.text
    assert "style=" not in response.text
    assert len(response.content) < 15_000
    assert is_public(response)


def test_the_words_that_were_shown_are_those_that_are_stored(client):
    shown = client.get("/").context["wording"]
    newsletters_in.cache_clear()
    make_wording("Something else.")
    post(client, f"{VALID}&wording={shown.name}", headers=BROWSER)
    post(client, f"{VALID.replace('ursula', 'paul')}&wording=en-1", headers=BROWSER)
    stored = [(consent.wording, consent.wording_version) for consent in Consent.objects.all()]
    assert stored == [(shown.text, "en-0"), ("Something else.", "en-1")]


@pytest.mark.parametrize("name", ["en-2", "fr-1", "en", "en-01", "-1", "en-9999999999", "x" * 500])
def test_words_that_never_were_are_agreed_to_by_nobody(client, name):
    make_wording("Something.")
    response = post(client, f"{VALID}&wording={name}", headers=BROWSER)
    assert response.status_code == 400
    assert "There were never such words" in response.text
    assert not Consent.objects.exists()


def test_a_sign_up_takes_few_queries(client, django_assert_num_queries):
    with django_assert_num_queries(3):  # the first two once a second
        post(client, VALID)


def test_the_names_of_the_routes_are_those_of_the_contract():
    assert reverse("newsletter:confirm") == "/subscriptions/confirm"
    assert reverse("newsletter:unsubscribe") == "/subscriptions/unsubscribe"
    assert (
        links.confirmation_url("t")
        == "http://testserver/subscriptions/confirm?subscription_token=t"
    )
    assert links.unsubscribe_url("t") == "http://testserver/subscriptions/unsubscribe?token=t"
