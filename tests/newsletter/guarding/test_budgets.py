"""Allowances: whose they are, how they are spent and how they are forgotten."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from newsletter.delivery.housekeeping import Housekeeping
from newsletter.guarding import budgets
from newsletter.models import Allowance, Chore
from tests.newsletter.front_door.posts import age_allowances


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ursula@example.org", "Ursula@EXAMPLE.org"),
        ("ursula@example.org", "ursula+news@example.org"),
        ("ursula@gmail.com", "u.r.sula@googlemail.com"),
    ],
)
def test_spellings_of_a_mailbox_have_one_key(one, other):
    assert budgets.address_key(one) == budgets.address_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ursula@example.org", "u.rsula@example.org"),
        ("ursula@example.org", "ursula@example.com"),
        ("+a@example.org", "+b@example.org"),
    ],
)
def test_mailboxes_have_keys_of_their_own(one, other):
    assert budgets.address_key(one) != budgets.address_key(other)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.1", "203.0.113.254", True),
        ("203.0.113.1", "203.0.112.1", False),
        ("2001:db8::1", "2001:db8::ffff:1:2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_a_network_is_the_24_or_the_64(one, other, is_same):
    assert (budgets.network_key(one) == budgets.network_key(other)) is is_same
    assert budgets.client_key(one) != budgets.client_key(other)


def test_a_key_says_nothing_without_the_secret(settings):
    before = budgets.address_key("ursula@example.org"), budgets.client_key("203.0.113.1")
    settings.SECRET_KEY = "another" * 10
    after = budgets.address_key("ursula@example.org"), budgets.client_key("203.0.113.1")
    assert not set(before) & set(after)


@pytest.mark.django_db
def test_an_allowance_is_for_every_hour_and_not_for_each_hour_of_the_clock():
    def spend():
        return budgets.spend("test", "", most=3, seconds=3600)

    assert [spend(), spend()] == [True, True]
    age_allowances(50)
    assert [spend(), spend()] == [True, False]
    age_allowances(11)
    assert [spend(), spend(), spend()] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_of_fifty_that_come_at_once_exactly_as_many_pass_as_may():
    def spend(_number):
        try:
            return budgets.spend("test", "", most=7, seconds=3600)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as threads:
        assert sum(threads.map(spend, range(50))) == 7


@pytest.mark.django_db
def test_a_worker_forgets_what_means_nothing_any_more():
    budgets.spend("old", "", most=1, seconds=60)
    age_allowances(24 * 60 + 1)
    budgets.spend("new", "", most=1, seconds=60)
    Allowance.objects.create(key=uuid4(), spent=[])
    Housekeeping([]).tick()
    assert Allowance.objects.get().key == budgets.key("new", "")
    assert Chore.objects.filter(name="allowances").exists()
