"""What a reader's links offer beside their own button: a new link, the way back, a rest."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import consenting, links
from newsletter.models import Allowance, Consent, Delivery, Newsletter, Subscription
from tests.aged_tokens import token_of
from tests.factories import default_newsletter, make_subscription

CONFIRM, AGAIN = "/subscriptions/confirm", "/subscriptions/confirm/again"
UNSUBSCRIBE, RETURN = "/subscriptions/unsubscribe", "/subscriptions/return"
PREFERENCES = "/subscriptions/preferences"
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
    return make_subscription(name="Ursula")


def old_link(path, subscription):
    made_at = timezone.now() - links.CONFIRMATION_LIFETIME - timedelta(minutes=1)
    token = token_of("confirm", subscription.pk, made_at)
    return f"{path}?{urlencode({'subscription_token': token})}"


def own_link(path, subscription):
    return f"{path}?{urlencode({'token': links.unsubscribe_token(subscription.pk)})}"


def mails():
    return Delivery.objects.filter(kind="confirmation")


def status_of(subscription):
    return Subscription.objects.get(pk=subscription.pk).status


def leave(client, subscription):
    """Unsubscribe and return where the farewell can be taken back."""
    page = client.post(own_link(UNSUBSCRIBE, subscription)).text
    found = re.search(r'action="(/subscriptions/return\?token=[\w.-]+)"', page)
    return found[1] if found else None


def test_a_link_that_is_too_old_offers_a_new_one(client, pending):
    response = client.get(old_link(CONFIRM, pending), headers=BROWSER)
    assert response.status_code == 401
    assert response.text.count("<button") == 1
    assert response["Referrer-Policy"] == "no-referrer"
    action = re.search(r'action="([^"]+)"', response.text)[1]
    assert client.post(action).status_code == 200
    assert mails().get().subscription == pending


def test_the_new_one_is_for_the_words_that_were_agreed_to(client, pending):
    agreed = consenting.agreement(default_newsletter(), page="https://example.org/form")
    consenting.record_agreement(pending.pk, agreed)
    client.post(old_link(AGAIN, pending))
    first, second = Consent.objects.order_by("position")
    assert (second.wording, second.page) == (first.wording, first.page)


def test_looking_at_the_offer_mails_nothing(client, pending):
    for path in (CONFIRM, AGAIN):
        client.get(old_link(path, pending), headers=BROWSER)
        client.head(old_link(path, pending), headers=BROWSER)
    assert not mails().exists()


def test_the_offer_is_the_same_whoever_it_is_for(client, pending, reader):
    erased = make_subscription("erased@example.org")
    everybody = [pending, reader, erased]
    old = [(old_link(CONFIRM, one), old_link(AGAIN, one)) for one in everybody]
    Subscription.objects.filter(pk=erased.pk).delete()
    shown = {
        re.sub(r"token=[\w.-]+", "", client.get(link, headers=BROWSER).text) for link, _ in old
    }
    answers = {client.post(again).content for _, again in old}
    assert (len(shown), len(answers)) == (1, 1)
    assert mails().count() == 1


def test_one_link_is_good_for_one_new_mail(client, pending):
    link = old_link(AGAIN, pending)
    for _ in range(3):
        assert client.post(link).status_code == 200
        Delivery.objects.update(state="sent", next_at=None)
        Allowance.objects.filter(latest__isnull=False).delete()  # ten minutes are over
    assert mails().count() == 1


def test_a_program_is_told_in_one_line(client, pending):
    response = client.post(old_link(CONFIRM, pending))
    assert response.status_code == 401
    assert response["Content-Type"].startswith("text/plain")
    assert status_of(pending) == Status.PENDING_CONFIRMATION


@pytest.mark.parametrize("token", ["x", "", "a" * 3000])
def test_nobody_else_is_offered_anything(client, token):
    for method in (client.get, client.post):
        response = method(f"{AGAIN}?subscription_token={token}", headers=BROWSER)
        assert response.status_code in {400, 401}
        assert "<button" not in response.text


def test_who_has_just_left_can_take_it_back_once(client, reader):
    undo = leave(client, reader)
    assert client.get(undo).status_code == 200
    assert status_of(reader) == Status.UNSUBSCRIBED
    for _ in range(2):
        assert client.post(undo).status_code == 200
    assert status_of(reader) == Status.CONFIRMED
    acts = [consent.act for consent in reader.consents.order_by("position")]
    assert acts == ["withdrew", "returned"]


def test_who_had_not_confirmed_is_not_confirmed_by_coming_back(client, pending):
    response = client.post(leave(client, pending))
    assert "waits for its confirmation" in response.text
    assert status_of(pending) == Status.PENDING_CONFIRMATION


def test_an_old_farewell_stays(client, reader):
    undo = leave(client, reader)
    Subscription.objects.update(unsubscribed_at=timezone.now() - timedelta(hours=1))
    assert leave(client, reader) is None
    made_at = timezone.now() - links.UNDO_LIFETIME - timedelta(seconds=5)
    old = token_of("undo", reader.pk, made_at)
    assert client.post(f"{RETURN}?token={old}").status_code == 401
    assert undo is not None
    assert status_of(reader) == Status.UNSUBSCRIBED


def test_who_left_long_ago_is_led_to_the_sign_up_of_his_newsletter(client):
    other = Newsletter.objects.create(slug="other", title="Other")
    hidden = Newsletter.objects.create(slug="board", title="Board only", is_public=False)
    homes = {"/": [default_newsletter(), hidden], "/newsletters/other/": [other]}
    for path, newsletters in homes.items():
        for newsletter in newsletters:
            reader = make_subscription(newsletter=newsletter, status=Status.UNSUBSCRIBED)
            page = client.post(own_link(UNSUBSCRIBE, reader)).text
            assert f'<a href="{path}">sign up again</a>' in page


def test_a_second_farewell_is_not_taken_back_by_the_first_ones_button(client, reader):
    undo = leave(client, reader)
    later = timezone.now() + timedelta(seconds=5)
    Subscription.objects.update(unsubscribed_at=later)
    assert client.post(undo).status_code == 401
    assert status_of(reader) == Status.UNSUBSCRIBED


@pytest.mark.parametrize("status", [Status.BOUNCED, Status.COMPLAINED])
def test_the_way_back_revives_no_dead_address(client, reader, status):
    token = links.undo_token(reader.pk)
    Subscription.objects.update(status=status)
    client.post(f"{RETURN}?token={token}")
    assert status_of(reader) == status


def test_the_page_of_an_issues_link_names_nobody(client, reader):
    """A forwarded mail lets nobody see the person."""
    response = client.get(own_link(PREFERENCES, reader))
    assert response.status_code == 200
    for secret in (reader.email, "Ursula", str(reader.pk)):
        assert secret not in response.text
    assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "form",
    [
        {"act": "name", "name": "Mallory"},
        {"act": "address", "email": "mallory@example.org"},
        {"act": "export"},
        {"act": "erase", "sure": "yes"},
        {"act": "pause", "days": "9" * 50},
        {"act": "pause", "days": "-14"},
        {"act": "pause"},
        {},
    ],
)
def test_and_lets_nobody_do_harm(client, reader, form):
    before = list(Subscription.objects.values())
    assert client.post(own_link(PREFERENCES, reader), form).status_code == 400
    assert list(Subscription.objects.values()) == before


def test_a_rest_begins_and_ends_by_a_button(client, reader):
    link = own_link(PREFERENCES, reader)
    page = client.post(link, {"act": "pause", "days": "30"}).text
    assert "Paused until" in page
    reader.refresh_from_db()
    assert reader.paused_until > timezone.now() + timedelta(days=29)
    client.post(link, {"act": "resume"})
    reader.refresh_from_db()
    assert reader.paused_until is None


def test_the_fresh_link_goes_to_the_mailbox_and_not_to_the_page(client, reader):
    for _ in range(3):
        page = client.post(own_link(PREFERENCES, reader), {"act": "link"}).text
        assert "/subscriptions/mine" not in page
    assert Delivery.objects.get().kind == "access"


@pytest.mark.parametrize("method", ["get", "post"])
def test_of_an_erased_reader_the_page_says_what_is_so(client, reader, method):
    link = own_link(PREFERENCES, reader)
    Subscription.objects.all().delete()
    response = getattr(client, method)(link, {"act": "link"} if method == "post" else None)
    assert response.status_code == 200
    assert "gets no further issue" in response.text


def test_of_a_test_mail_nobody_is_meant(client):
    response = client.post(f"{PREFERENCES}?token={links.unsubscribe_token(links.NOBODY)}")
    assert "link of a test mail" in response.text
