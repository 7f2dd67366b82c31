"""A reader's own pages: the fresh link, and everything behind it."""

import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import evidence, links
from newsletter.delivery import letters
from newsletter.delivery.ledger import Opening
from newsletter.models import Consent, Delivery, Newsletter, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.aged_tokens import token_of
from tests.factories import default_newsletter, make_subscription, make_wording

EMAIL = "ursula@example.org"
LINK, MINE = "/subscriptions/link", "/subscriptions/mine"
Status = Subscription.Status

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


@pytest.fixture
def reader():
    return make_subscription(EMAIL, name="Ursula")


def mine(subscription):
    return f"{MINE}?{urlencode({'token': links.access_token(subscription.pk)})}"


def asked():
    return Delivery.objects.filter(kind="access")


def mail_of(delivery):
    reader = delivery.subscription
    opening = Opening(
        delivery.pk, delivery.kind, "sending", 1, 0, EMAIL, reader.pk, None, reader.newsletter_id
    )
    return letters.write(opening).content.decode().replace("=\r\n", "").replace("=3D", "=")


STATES = {
    "unknown": None,
    "pending": Status.PENDING_CONFIRMATION,
    "confirmed": Status.CONFIRMED,
    "unsubscribed": Status.UNSUBSCRIBED,
    "bounced": Status.BOUNCED,
    "complained": Status.COMPLAINED,
}


def test_who_asks_for_his_link_learns_nothing_of_an_address(client):
    answers = set()
    for name, status in STATES.items():
        if status:
            make_subscription(f"{name}@example.org", status=status)
        response = client.post(LINK, {"email": f"{name}@example.org"})
        answers.add((response.status_code, response.content, str(sorted(response.headers))))
    assert len(answers) == 1
    assert answers.pop()[0] == 200
    mailed = asked().values_list("subscription__email", flat=True)
    assert sorted(mailed) == [
        f"{name}@example.org" for name in ("confirmed", "pending", "unsubscribed")
    ]


def test_a_suppressed_address_gets_no_link(client, reader):
    Suppression.objects.create(digest=address_digests(EMAIL)[0], reason="manual")
    client.post(LINK, {"email": EMAIL})
    assert not asked().exists()


def test_a_link_from_before_a_suppression_opens_nothing(client, reader):
    link = mine(reader)
    Suppression.objects.create(digest=address_digests(EMAIL)[0], reason="manual")
    assert client.get(link).status_code == 401


def test_an_address_is_mailed_one_link_in_ten_minutes(client, reader):
    for email in (EMAIL, EMAIL.upper(), "ursula+tag@example.org"):
        assert client.post(LINK, {"email": email}).status_code == 200
    assert asked().count() == 1


def test_a_client_asks_twenty_times_an_hour(client):
    codes = [client.post(LINK, {"email": f"a{n}@example.org"}).status_code for n in range(21)]
    assert codes == [200] * 20 + [429]


@pytest.mark.parametrize("email", ["", "x", "a@b", "a\0@example.org", "a@example.org,b@x.org"])
def test_what_is_no_address_is_refused_in_words(client, email):
    response = client.post(LINK, {"email": email})
    assert response.status_code == 400


def test_the_mailed_link_opens_the_page(client, reader):
    client.post(LINK, {"email": EMAIL})
    mail = mail_of(asked().get())
    path = re.search(r"http://testserver(/subscriptions/mine\?token=[\w.-]+)", mail)[1]
    response = client.get(path)
    assert response.status_code == 200
    assert EMAIL in response.text
    assert "Ursula" in response.text
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert "<script" not in response.text
    assert "Ursula" not in mail


def test_the_link_works_for_an_hour(client, reader):
    link = mine(reader)
    signed_at = timezone.now() - links.ACCESS_LIFETIME - timedelta(minutes=1)
    old = token_of("access", reader.pk, signed_at)
    assert client.get(link).status_code == 200
    assert client.get(f"{MINE}?token={old}").status_code == 401


@pytest.mark.parametrize("make", [links.unsubscribe_token, links.confirmation_token])
def test_the_links_of_other_mails_do_not_open_it(client, reader, make):
    for method in (client.get, client.post):
        assert method(f"{MINE}?token={make(reader.pk)}").status_code == 401


def test_the_name_is_changed_everywhere(client, reader):
    make_subscription(EMAIL, newsletter=Newsletter.objects.create(slug="two", title="Two"))
    response = client.post(mine(reader), {"act": "name", "name": " Ursula L. "})
    assert "Your name is changed" in response.text
    assert set(Subscription.objects.values_list("name", flat=True)) == {"Ursula L."}


@pytest.mark.parametrize(
    "form",
    [
        {"act": "name", "name": ""},
        {"act": "name", "name": "<script>"},
        {"act": "name"},
        {"act": "language", "language": "tlh"},
        {"act": "address", "email": "nobody"},
        {"act": "pause", "newsletter": "default", "days": "5000"},
        {"act": "pause", "newsletter": "other", "days": "14"},
        {"act": "leave", "newsletter": "x' OR 1=1"},
        {"act": "join", "newsletter": "hidden", "wording": "en-0"},
        {"act": "join", "newsletter": "open", "wording": "en-7"},
        {"act": "erase"},
        {"act": "erase", "sure": "no"},
        {"act": "everything"},
        {},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(client, reader, form):
    Newsletter.objects.create(slug="hidden", title="Hidden", is_public=False)
    Newsletter.objects.create(slug="open", title="Open")
    before = list(Subscription.objects.values())
    assert client.post(mine(reader), form).status_code == 400
    assert list(Subscription.objects.values()) == before
    assert not Delivery.objects.exists()


def test_hidden_newsletters_are_not_offered(client, reader):
    Newsletter.objects.create(slug="hidden", title="Hidden one", is_public=False)
    Newsletter.objects.create(slug="open", title="Open one")
    page = client.get(mine(reader)).text
    assert "Open one" in page
    assert "Hidden one" not in page


def test_another_newsletter_is_joined_at_once_and_its_words_are_kept(client, reader):
    other = Newsletter.objects.create(slug="open", title="Open")
    wording = make_wording("I want Open.", newsletter=other)
    for _ in range(2):
        form = {"act": "join", "newsletter": "open", "wording": wording.name}
        assert client.post(mine(reader), form).status_code == 200
    joined = Subscription.objects.get(newsletter=other)
    assert (joined.status, joined.email, joined.name) == (Status.CONFIRMED, EMAIL, "Ursula")
    acts = [(link.act, link.wording) for link in joined.consents.order_by("position")]
    assert acts == [("signed_up", "I want Open."), ("confirmed", "")]


def test_a_newsletter_is_left_and_joined_again(client, reader):
    client.post(mine(reader), {"act": "leave", "newsletter": "default"})
    reader.refresh_from_db()
    assert reader.status == Status.UNSUBSCRIBED
    client.post(mine(reader), {"act": "join", "newsletter": "default", "wording": "en-0"})
    reader.refresh_from_db()
    assert (reader.status, reader.unsubscribed_at) == (Status.CONFIRMED, None)
    assert list(evidence.check_chains()) == [None]


def test_a_pause_ends_by_itself_or_by_a_button(client, reader):
    form = {"newsletter": "default"}
    client.post(mine(reader), {**form, "act": "pause", "days": "14"})
    reader.refresh_from_db()
    wait = reader.paused_until - timezone.now()
    assert timedelta(days=13.9) < wait <= timedelta(days=14)
    client.post(mine(reader), {**form, "act": "resume"})
    reader.refresh_from_db()
    assert reader.paused_until is None


def test_the_export_is_a_file_with_everything(client, reader):
    response = client.post(mine(reader), {"act": "export"})
    assert response["Content-Disposition"].startswith("attachment")
    assert json.loads(response.content)["subscriptions"][0]["name"] == "Ursula"


def test_erasing_needs_a_tick_and_ends_the_link(client, reader):
    link = mine(reader)
    response = client.post(link, {"act": "erase", "sure": "yes", "never_again": "yes"})
    assert response.status_code == 200
    assert not Subscription.objects.exists()
    assert Suppression.objects.get().reason == "requested"
    assert client.get(link).status_code == 401


def test_who_is_confirmed_by_his_own_page_had_a_mailbox(client):
    pending = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    agreed = {"act": "join", "newsletter": "default", "wording": "en-0"}
    client.post(mine(pending), agreed)
    pending.refresh_from_db()
    assert pending.status == Status.CONFIRMED
    assert default_newsletter() == pending.newsletter
    assert Consent.objects.filter(act="confirmed").count() == 1
