from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import links, subscribing, suppressing
from newsletter.models import Consent, Subscription
from tests.factories import make_subscription

EMAIL = "ursula@example.org"
Status = Subscription.Status

pytestmark = pytest.mark.django_db


def test_confirming_makes_a_reader_and_is_kept_as_consent():
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    reader.refresh_from_db()
    assert reader.status == Status.CONFIRMED
    assert reader.confirmed_at is not None
    assert reader.consents.get().act == Consent.Act.CONFIRMED


def test_confirming_twice_is_harmless():
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    token = links.confirmation_token(reader.pk)
    subscribing.confirm(token=token)
    confirmed_at = Subscription.objects.get().confirmed_at
    subscribing.confirm(token=token)
    assert Subscription.objects.get().confirmed_at == confirmed_at
    assert Consent.objects.count() == 1


def test_a_link_from_before_he_left_does_not_bring_a_reader_back():
    reader = make_subscription(EMAIL)
    token = links.confirmation_token(reader.pk)
    reader.status = Status.UNSUBSCRIBED
    reader.unsubscribed_at = timezone.now() + timedelta(seconds=1)
    reader.save()
    with pytest.raises(links.InvalidToken):
        subscribing.confirm(token=token)
    assert Subscription.objects.get().status == Status.UNSUBSCRIBED


def test_a_link_from_after_he_left_brings_a_reader_back():
    left_at = timezone.now() - timedelta(days=1)
    reader = make_subscription(EMAIL, status=Status.UNSUBSCRIBED, unsubscribed_at=left_at)
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    reader.refresh_from_db()
    assert (reader.status, reader.unsubscribed_at) == (Status.CONFIRMED, None)


def test_a_link_does_not_bring_back_whose_address_was_suppressed_since():
    """He had left already when it was, and so he was not let go once more."""
    left_at = timezone.now() - timedelta(days=1)
    reader = make_subscription(EMAIL, status=Status.UNSUBSCRIBED, unsubscribed_at=left_at)
    token = links.confirmation_token(reader.pk)
    suppressing.suppress_by_hand(email=EMAIL, note="asked by telephone", by="editor")
    with pytest.raises(links.InvalidToken):
        subscribing.confirm(token=token)
    assert Subscription.objects.get().status == Status.UNSUBSCRIBED


@pytest.mark.parametrize("status", [Status.BOUNCED, Status.COMPLAINED])
def test_confirming_does_not_revive_a_dead_address(status):
    reader = make_subscription(EMAIL, status=status)
    with pytest.raises(links.InvalidToken):
        subscribing.confirm(token=links.confirmation_token(reader.pk))
    assert Subscription.objects.get().status == status


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.PENDING_CONFIRMATION])
def test_unsubscribing_lets_a_reader_go_once(status):
    reader = make_subscription(EMAIL, status=status)
    subscribing.unsubscribe(subscription_id=reader.pk)
    reader.refresh_from_db()
    left_at = reader.unsubscribed_at
    subscribing.unsubscribe(subscription_id=reader.pk)
    reader.refresh_from_db()
    assert (reader.status, reader.unsubscribed_at) == (Status.UNSUBSCRIBED, left_at)
    assert reader.consents.get().act == Consent.Act.WITHDREW


@pytest.mark.parametrize("status", [Status.BOUNCED, Status.COMPLAINED])
def test_unsubscribing_leaves_a_dead_address_dead(status):
    reader = make_subscription(EMAIL, status=status)
    subscribing.unsubscribe(subscription_id=reader.pk)
    reader.refresh_from_db()
    assert reader.status == status


def test_unsubscribing_an_erased_reader_is_harmless():
    subscribing.unsubscribe(subscription_id=links.NOBODY)
    assert not Consent.objects.exists()
