"""Who acts while he is being forgotten. Rows are really committed: else nobody waits for a lock."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from newsletter import links, privacy, pruning, signing_up, subscribing
from newsletter.models import Consent, Delivery, Subscription
from tests.factories import default_newsletter, make_delivery, make_subscription
from tests.locks import is_somebody_waiting
from tests.processes import eventually

EMAIL = "ursula@example.org"
Status = Subscription.Status

pytestmark = pytest.mark.django_db(transaction=True)


def long_ago():
    return timezone.now() - timedelta(days=400)


def prune_during(act):
    """Let somebody act while he is about to be forgotten; return how much was forgotten."""
    counts = []

    def prune():
        try:
            counts.append(pruning.prune())
        finally:
            connection.close()

    pruner = threading.Thread(target=prune)
    with transaction.atomic():
        Subscription.objects.select_for_update().get()
        pruner.start()
        assert eventually(is_somebody_waiting, seconds=20)
        act()
    pruner.join()
    return counts[0]


def sign_up():
    signing_up.sign_up(newsletter=default_newsletter(), email=EMAIL, name="Ursula")


def test_who_signs_up_once_more_is_not_forgotten():
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    Subscription.objects.update(subscribed_at=long_ago())
    assert prune_during(sign_up)["unconfirmed"] == 0
    mail = Delivery.objects.get(subscription=reader)
    assert mail.state == "pending"
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    assert [consent.act for consent in Consent.objects.all()] == ["signed_up", "confirmed"]


def test_who_is_confirmed_at_this_moment_is_not_forgotten():
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    Subscription.objects.update(subscribed_at=long_ago())
    assert prune_during(lambda: subscribing.accept(reader))["unconfirmed"] == 0
    assert Subscription.objects.get().status == Status.CONFIRMED


def test_who_comes_back_at_this_moment_is_not_erased(settings):
    settings.PRIVACY_LEFT_DAYS = 300
    reader = make_subscription(EMAIL, status=Status.UNSUBSCRIBED, unsubscribed_at=long_ago())
    assert prune_during(lambda: subscribing.accept(reader))["left"] == 0
    assert Subscription.objects.get().status == Status.CONFIRMED


def test_who_left_long_ago_and_signs_up_again_can_confirm_it(settings):
    settings.PRIVACY_LEFT_DAYS = 300
    reader = make_subscription(EMAIL, status=Status.UNSUBSCRIBED, unsubscribed_at=long_ago())
    make_delivery(reader, state="sent", next_at=None, created_at=long_ago())
    sign_up()
    assert pruning.prune()["left"] == 0
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    assert Subscription.objects.get().status == Status.CONFIRMED


def test_who_signs_up_while_he_is_forgotten_is_new():
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    errors = []

    def come():
        try:
            sign_up()
        except IntegrityError as error:
            errors.append(error)
        finally:
            connection.close()

    visitor = threading.Thread(target=come)
    with transaction.atomic():
        privacy.forget([reader])
        visitor.start()
        assert eventually(is_somebody_waiting, seconds=20)
    visitor.join()
    assert not errors
    newcomer = Subscription.objects.get()
    assert newcomer.pk != reader.pk
    assert Delivery.objects.get(subscription=newcomer).state == "pending"
