from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from newsletter import links, reminding, subscribing
from newsletter.models import Delivery, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import make_delivery, make_subscription

Status = Subscription.Status

pytestmark = pytest.mark.django_db


def pending(email="paul@example.org", *, hours=25, mailed=None, state="sent", **fields):
    """Store who signed up so many hours ago and was mailed then, or later."""
    fields.setdefault("status", Status.PENDING_CONFIRMATION)
    reader = make_subscription(email, **fields)
    Subscription.objects.filter(pk=reader.pk).update(
        subscribed_at=timezone.now() - timedelta(hours=hours)
    )
    moment = timezone.now()
    due = {"next_at": moment if state == "pending" else None}
    at = moment - timedelta(hours=mailed or hours)
    make_delivery(reader, state=state, created_at=at, **due)
    return reader


def reminders():
    return Delivery.objects.filter(kind="reminder")


def test_who_has_not_confirmed_within_a_day_is_reminded_once():
    reader = pending()
    for _ in range(3):
        reminding.remind()
    assert reminders().get().subscription == reader


@pytest.mark.parametrize(
    "fields",
    [
        {"hours": 23},
        {"hours": 24 * 8},
        {"mailed": 5},
        {"state": "pending"},
        {"state": "failed"},
        {"status": Status.CONFIRMED},
        {"status": Status.UNSUBSCRIBED},
        {"status": Status.BOUNCED},
    ],
    ids=str,
)
def test_nobody_else_is(fields):
    pending(**fields)
    assert reminding.remind() == 0
    assert not reminders().exists()


def test_who_must_not_be_mailed_is_not_reminded():
    pending()
    digest = address_digests("paul@example.org")[0]
    Suppression.objects.create(digest=digest, reason="complained")
    assert reminding.remind() == 0


def test_the_operator_can_do_without(settings):
    settings.REMINDER_HOURS = 0
    pending()
    reminding.remind_if_due()
    assert not reminders().exists()


def test_who_is_forgotten_and_signs_up_anew_is_reminded_anew():
    pending()
    reminding.remind()
    Subscription.objects.all().delete()
    pending()
    reminding.remind()
    assert reminders().count() == 2


def test_the_reminders_link_confirms():
    reader = pending()
    reminding.remind()
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    reader.refresh_from_db()
    assert reader.status == Status.CONFIRMED


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_each_reader_is_reminded_once():
    for number in range(20):
        pending(f"{number}@example.org")

    def remind(_number):
        try:
            reminding.remind()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(remind, range(6)))
    assert reminders().count() == 20
