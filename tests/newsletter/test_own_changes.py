"""A change of address: both mailboxes have to answer, and no other subscription is touched."""

from urllib.parse import urlencode

import pytest
from django.test import Client

from newsletter import consenting, evidence, links, own_changes, suppressing
from newsletter.models import Delivery, Newsletter, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import make_delivery, make_subscription

EMAIL, NEW = "ursula@example.org", "ursula@new.example"
MINE, ADDRESS = "/subscriptions/mine", "/subscriptions/address"

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
    return Delivery.objects.filter(kind="address")


def new_address_link(delivery):
    return f"{ADDRESS}?{urlencode({'token': links.address_token(delivery.pk)})}"


def test_a_new_address_counts_when_its_own_mailbox_has_answered(client, reader):
    old = mine(reader)
    response = client.post(old, {"act": "address", "email": NEW})
    assert response.status_code == 200
    mail = asked().get()
    assert (mail.recipient, mail.subscription_id) == (NEW, reader.pk)
    link = new_address_link(mail)

    assert client.get(link).status_code == 200
    reader.refresh_from_db()
    assert reader.email == EMAIL
    for _ in range(2):
        assert client.post(link).status_code == 200
    reader.refresh_from_db()
    assert reader.email == NEW
    assert [link.act for link in reader.consents.all()] == ["moved"]
    assert list(evidence.check_chains()) == [None]
    assert client.get(old).status_code == 401, "the former mailbox has no say any more"


def test_an_address_that_reads_already_is_neither_told_nor_merged(client, reader):
    other = make_subscription(NEW, name="Somebody")
    free = client.post(mine(reader), {"act": "address", "email": "free@example.org"}).content
    taken = client.post(mine(reader), {"act": "address", "email": NEW}).content
    assert free == taken
    link = new_address_link(asked().get(recipient=NEW))
    assert client.post(link).status_code == 409
    assert {(row.email, row.name) for row in Subscription.objects.all()} == {
        (EMAIL, "Ursula"),
        (NEW, "Somebody"),
    }
    assert not other.consents.exists()


def test_a_forbidden_address_gets_no_mail(client, reader):
    Suppression.objects.create(digest=address_digests(NEW)[0], reason="requested")
    assert client.post(mine(reader), {"act": "address", "email": NEW}).status_code == 200
    assert not asked().exists()


def test_an_address_that_was_forbidden_since_is_not_moved_to(client, reader):
    client.post(mine(reader), {"act": "address", "email": NEW})
    suppressing.suppress_by_hand(email=NEW, note="asked by telephone", by="editor")
    assert client.post(new_address_link(asked().get())).status_code == 401
    assert Subscription.objects.get().email == EMAIL


def test_who_was_forbidden_since_he_got_his_link_joins_nothing(reader):
    other = Newsletter.objects.create(slug="other", title="Other")
    suppressing.suppress_by_hand(email=EMAIL, note="asked by telephone", by="editor")
    own_changes.join(email=EMAIL, newsletter=other, agreed=consenting.agreement(other))
    assert not other.subscriptions.exists()


def test_only_the_last_address_that_was_asked_for_counts(client, reader):
    first = make_delivery(reader, kind="address", recipient=NEW)
    make_delivery(reader, kind="address", recipient="third@example.org")
    assert client.post(new_address_link(first)).status_code == 401


def test_one_reader_asks_for_three_addresses_a_day(client, reader):
    for number in range(5):
        client.post(mine(reader), {"act": "address", "email": f"n{number}@example.org"})
    assert asked().count() == 3


def test_no_door_changes_an_address_without_both_mailboxes(client, reader):
    """Hole C13: of whoever signs up, asks or presses, nobody moves another's subscription."""
    mail = make_delivery(reader, kind="address", recipient=NEW)
    for token in (
        links.access_token(reader.pk),
        links.unsubscribe_token(reader.pk),
        links.confirmation_token(reader.pk),
        links.address_token(reader.pk),
        links.access_token(mail.pk),
        links.unsubscribe_token(mail.pk),
    ):
        assert client.post(f"{ADDRESS}?token={token}").status_code == 401
    client.post("/subscriptions", {"name": "Mallory", "email": EMAIL})
    reader.refresh_from_db()
    assert (reader.email, reader.name) == (EMAIL, "Ursula")


def test_moving_twice_at_once_is_one_move(reader):
    mail = make_delivery(reader, kind="address", recipient=NEW)
    token = links.address_token(mail.pk)
    assert own_changes.move(token=token) == own_changes.move(token=token)
    assert reader.consents.count() == 1
