from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from newsletter import evidence, pruning
from newsletter.guarding import budgets
from newsletter.models import (
    Allowance,
    Chore,
    Consent,
    Delivery,
    Newsletter,
    Subscription,
    Suppression,
)
from tests.factories import make_delivery, make_subscription

Status = Subscription.Status

pytestmark = pytest.mark.django_db


def ago(**spans):
    return timezone.now() - timedelta(**spans)


def pending(email, days, *, mailed=None):
    """Store who signed up so many days ago and was mailed then, or later."""
    reader = make_subscription(email, status=Status.PENDING_CONFIRMATION)
    Subscription.objects.filter(pk=reader.pk).update(subscribed_at=ago(days=days))
    make_delivery(reader, state="sent", next_at=None, created_at=ago(days=mailed or days))
    Consent.objects.create(subscription=reader, act="signed_up")
    return reader


def unsubscribed(email, days, **fields):
    left = {"status": Status.UNSUBSCRIBED, "unsubscribed_at": ago(days=days)}
    return make_subscription(email, **left, **fields)


def emails():
    return sorted(Subscription.objects.values_list("email", flat=True))


def assert_pruned(**expected):
    """It says beforehand what it will do, does it, and then there is nothing left to do."""
    surveyed = pruning.survey()
    assert {kind: count for kind, count in surveyed.items() if count} == expected
    assert pruning.prune() == surveyed
    assert not any(pruning.survey().values())


def test_sign_ups_that_nobody_confirmed_are_forgotten_after_a_month():
    pending("old@x.org", 31)
    pending("young@x.org", 29)
    pending("asked-again@x.org", 60, mailed=3)
    make_subscription("reader@x.org")
    assert_pruned(unconfirmed=1)
    assert emails() == ["asked-again@x.org", "reader@x.org", "young@x.org"]
    assert Consent.objects.count() == 2
    assert not Suppression.objects.exists(), "he was never a reader"
    assert Delivery.objects.count() == 3, "the ledger keeps its rows"


def test_who_left_is_kept_unless_the_operator_says_otherwise(settings):
    unsubscribed("old@x.org", 4000)
    assert_pruned()
    settings.PRIVACY_LEFT_DAYS = 1000
    unsubscribed("young@x.org", 999)
    unsubscribed("elsewhere@x.org", 4000)
    other = Newsletter.objects.create(slug="other", title="Other")
    make_subscription("Elsewhere@x.org", newsletter=other)
    assert_pruned(left=1)
    assert emails() == ["Elsewhere@x.org", "elsewhere@x.org", "young@x.org"]
    assert Suppression.objects.get().reason == "erased", "no import brings him back"


def test_devices_are_blanked_and_the_chains_still_hold():
    reader = make_subscription()
    for days in (400, 1):
        Consent.objects.create(
            subscription=reader,
            act="signed_up",
            ip_address="192.0.2.1",
            user_agent="Firefox",
            at=ago(days=days),
        )
    assert_pruned(devices=1)
    old, young = Consent.objects.order_by("at")
    assert (old.ip_address, old.user_agent, old.salt) == (None, "", None)
    assert (young.ip_address, young.user_agent) == ("192.0.2.1", "Firefox")
    assert list(evidence.check_chains()) == [None]


def test_addresses_that_were_asked_for_are_blanked_when_their_links_are_over():
    reader = make_subscription()
    for days, state in ((3, "sent"), (1, "sent")):
        make_delivery(
            reader,
            kind="address",
            recipient=f"new{days}@x.org",
            state=state,
            next_at=None,
            created_at=ago(days=days),
        )
    assert_pruned(addresses=1)
    assert sorted(Delivery.objects.values_list("recipient", flat=True)) == ["", "new1@x.org"]


def test_sessions_and_the_limits_counts_that_are_over_are_forgotten():
    Session.objects.create(session_key="old", session_data="", expire_date=ago(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=ago(days=-1))
    for name, spent in (("old", [ago(days=2)]), ("new", [ago(days=2), ago(hours=1)]), ("no", [])):
        Allowance.objects.create(key=budgets.key("test", name), spent=spent)
    assert_pruned(sessions=1, allowances=2)


def test_it_goes_on_step_by_step_until_it_is_told_to_stop():
    for number in range(3):
        pending(f"{number}@x.org", 40)
    assert pruning.prune(keep_on=lambda: False)["unconfirmed"] == 0
    assert pruning.prune()["unconfirmed"] == 3


def test_one_worker_does_it_once_a_day():
    pending("old@x.org", 40)
    pruning.prune_if_due(keep_on=lambda: True)
    assert emails() == []
    pending("next@x.org", 40)
    pruning.prune_if_due(keep_on=lambda: True)
    assert emails() == ["next@x.org"]
    Chore.objects.update(taken_at=ago(days=1, minutes=1))
    pruning.prune_if_due(keep_on=lambda: True)
    assert emails() == []
