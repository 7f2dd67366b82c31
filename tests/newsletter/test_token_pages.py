"""What a mail's links open. The client checks CSRF, has no cookie and follows no redirect."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from newsletter import links
from newsletter.models import Consent, Subscription
from tests.factories import make_subscription

CONFIRM = "/subscriptions/confirm"
UNSUBSCRIBE = "/subscriptions/unsubscribe"
BROWSER = {"accept": "text/html"}
Status = Subscription.Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def pending():
    return make_subscription("paul@example.org", status=Status.PENDING_CONFIRMATION)


@pytest.fixture
def reader():
    return make_subscription()


def confirm_link(subscription):
    token = links.confirmation_token(subscription.pk)
    return f"{CONFIRM}?{urlencode({'subscription_token': token})}"


def unsubscribe_link(subscription):
    return f"{UNSUBSCRIBE}?{urlencode({'token': links.unsubscribe_token(subscription.pk)})}"


def status_of(subscription):
    return Subscription.objects.get(pk=subscription.pk).status


def is_private(response):
    return (
        response["Referrer-Policy"] == "no-referrer"
        and response["Cache-Control"] == "no-store"
        and not response.cookies
        and "Location" not in response
    )


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_opening_the_links_changes_nothing(client, pending, reader, method):
    getattr(client, method)(confirm_link(pending))
    getattr(client, method)(unsubscribe_link(reader))
    assert status_of(pending) == Status.PENDING_CONFIRMATION
    assert status_of(reader) == Status.CONFIRMED
    assert not Consent.objects.exists()


def make_links():
    return [
        confirm_link(make_subscription("a@x.org")),
        unsubscribe_link(make_subscription("b@x.org")),
    ]


def test_a_link_opens_a_page_with_one_button_that_posts_to_the_same_address(client):
    for link in make_links():
        response = client.get(link)
        assert response.status_code == 200
        assert is_private(response)
        assert response.text.count("<button") == 1
        assert '<form method="post"><button>' in response.text
        assert "<script" not in response.text


def test_the_button_confirms_and_may_be_pressed_again(client, pending):
    for _ in range(2):
        response = client.post(confirm_link(pending))
        assert response.status_code == 200
        assert is_private(response)
    assert status_of(pending) == Status.CONFIRMED


@pytest.mark.parametrize(
    "body",
    [
        {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"List-Unsubscribe": "One-Click"}},
        {},
        {"data": "x" * 50_000, "content_type": "text/plain"},
    ],
    ids=["urlencoded", "multipart", "button", "anything"],
)
def test_one_click_unsubscribes_without_cookie_or_redirect(client, reader, body):
    for _ in range(2):
        response = client.post(unsubscribe_link(reader), **body)
        assert response.status_code == 200
        assert is_private(response)
    assert status_of(reader) == Status.UNSUBSCRIBED


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
@pytest.mark.parametrize(
    "path",
    [
        CONFIRM,
        UNSUBSCRIBE,
        f"{CONFIRM}?subscription_token=",
        f"{UNSUBSCRIBE}?token=",
        f"{CONFIRM}?token=x",
        f"{UNSUBSCRIBE}?token=x&token=y",
        f"{CONFIRM}?subscription_token=%00",
        f"{CONFIRM}?subscription_token=%FF",
    ],
)
def test_without_one_whole_token_the_answer_is_400(client, path, method, headers):
    response = getattr(client, method)(path, headers=headers)
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html" if headers else "text/plain")


def forged_tokens():
    """Return them by name: test processes side by side must know each test by the same name."""
    of_nobody = links.confirmation_token(uuid4())
    signer = signing.TimestampSigner(sep=".", salt="newsletter.confirm")
    stranger = signing.TimestampSigner(key="another" * 10, sep=".", salt="newsletter.confirm")
    return {
        "a letter": "x",
        "two dots": "..",
        "a dot": ".",
        "three letters": "a.b.c",
        "SQL": "' OR 1=1 --",
        "no ASCII": "ü",
        "no BMP": "😀" * 100,
        "long": "a" * 5000,
        "cut": of_nobody[:-1],
        "padded": f"{of_nobody}=",
        "other letter case": of_nobody.swapcase(),
        "another key": stranger.sign("x"),
        "signed, no base64": signer.sign("not base64"),
        "signed, no ASCII": signer.sign("ü.b"),
        "another purpose": signing.Signer(sep=".", salt="newsletter.unsubscribe").sign("no base64"),
    }


@pytest.mark.parametrize("token", forged_tokens().values(), ids=forged_tokens())
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_token_is_401(client, token, method):
    for path, parameter in [(CONFIRM, "subscription_token"), (UNSUBSCRIBE, "token")]:
        response = getattr(client, method)(f"{path}?{urlencode({parameter: token})}")
        assert response.status_code == 401
        assert is_private(response)


def test_a_token_serves_its_own_purpose_only(client, pending):
    confirmation = links.confirmation_token(pending.pk)
    unsubscription = links.unsubscribe_token(pending.pk)
    assert client.post(f"{CONFIRM}?subscription_token={unsubscription}").status_code == 401
    assert client.post(f"{UNSUBSCRIBE}?token={confirmation}").status_code == 401
    assert status_of(pending) == Status.PENDING_CONFIRMATION


def test_a_confirmation_of_nobody_is_401_and_tells_a_person_what_to_do(client):
    token = links.confirmation_token(uuid4())
    response = client.get(f"{CONFIRM}?subscription_token={token}", headers=BROWSER)
    assert response.status_code == 401
    assert "Sign up again" in response.text


def test_a_confirmation_link_expires(client, pending):
    made_at = timezone.now() - links.CONFIRMATION_LIFETIME - timedelta(minutes=1)
    signer = signing.TimestampSigner(sep=".", salt="newsletter.confirm")
    packed = links.confirmation_token(pending.pk).split(".")[0]
    value = f"{packed}.{signing.b62_encode(int(made_at.timestamp()))}"
    token = f"{value}.{signer.signature(value)}"
    assert client.post(f"{CONFIRM}?subscription_token={token}").status_code == 401
    assert status_of(pending) == Status.PENDING_CONFIRMATION


def test_a_link_from_before_a_reader_left_is_401(client, reader):
    link = confirm_link(reader)
    subscription = Subscription.objects.filter(pk=reader.pk)
    later = timezone.now() + timedelta(seconds=2)
    subscription.update(status=Status.UNSUBSCRIBED, unsubscribed_at=later)
    assert client.get(link).status_code == 401
    assert client.post(link).status_code == 401
    assert status_of(reader) == Status.UNSUBSCRIBED


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_of_an_erased_reader_still_answers_200(client, reader, method):
    link = unsubscribe_link(reader)
    reader.delete()
    response = getattr(client, method)(link)
    assert response.status_code == 200
    assert "You are unsubscribed" in response.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_of_a_test_mail_says_what_it_is(client, method):
    token = links.unsubscribe_token(links.NOBODY)
    response = getattr(client, method)(f"{UNSUBSCRIBE}?token={token}")
    assert response.status_code == 200
    assert "link of a test mail" in response.text


def test_tokens_survive_a_change_of_key(client, reader, settings):
    link = unsubscribe_link(reader)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new" * 20
    assert client.post(link).status_code == 200
    assert status_of(reader) == Status.UNSUBSCRIBED
