from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter import consenting, signing_up
from newsletter.models import Consent, Delivery, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import default_newsletter, make_delivery, make_subscription

EMAIL = "ursula@example.org"
Status = Subscription.Status

pytestmark = pytest.mark.django_db


def sign_up(email=EMAIL, name="Ursula"):
    newsletter = default_newsletter()
    agreed = consenting.agreement(newsletter, page="/form")
    signing_up.sign_up(newsletter=newsletter, email=email, name=name, agreed=agreed)


def suppress(email=EMAIL, reason=Suppression.Reason.BOUNCED):
    Suppression.objects.create(digest=address_digests(email)[0], reason=reason)


def mailed(subscription, *, ago, state=Delivery.State.SENT):
    """Store a confirmation mail that was promised some time ago."""
    make_delivery(subscription, state=state, next_at=None, created_at=timezone.now() - ago)


def confirmations():
    return Delivery.objects.filter(kind=Delivery.Kind.CONFIRMATION)


def test_a_sign_up_stores_the_reader_his_consent_and_his_mail():
    sign_up()

    reader = Subscription.objects.get()
    assert (reader.email, reader.name, reader.status) == (EMAIL, "Ursula", "pending_confirmation")
    consent = reader.consents.get()
    wording = default_newsletter().consent_wording
    assert (consent.act, consent.wording, consent.page) == ("signed_up", wording, "/form")
    assert consent.wording_version == "en-0"
    assert consent.locale == "en"
    mail = reader.deliveries.get()
    assert (mail.kind, mail.state) == ("confirmation", "pending")
    assert mail.next_at <= timezone.now()


def test_a_new_sign_up_takes_one_statement(django_assert_num_queries):
    newsletter = default_newsletter()
    agreed = consenting.agreement(newsletter)
    with django_assert_num_queries(1):
        signing_up.sign_up(newsletter=newsletter, email=EMAIL, name="Ursula", agreed=agreed)


def test_nothing_is_stored_when_the_mail_cannot_be_promised():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE newsletter_delivery ADD CHECK (kind <> 'confirmation')")
    with (
        pytest.raises(Exception, match="violates check constraint"),
        transaction.atomic(),
    ):
        sign_up()
    assert not Subscription.objects.exists()
    assert not Consent.objects.exists()


def test_an_address_signs_up_once_without_regard_to_case():
    sign_up("Ursula@Example.org")
    sign_up("ursula@example.ORG", name="Mallory")
    reader = Subscription.objects.get()
    assert (reader.email, reader.name) == ("Ursula@Example.org", "Ursula")


@pytest.mark.django_db(transaction=True)
def test_fifty_sign_ups_at_once_are_one_reader_with_one_mail():
    newsletter = default_newsletter()

    def sign_up_in_a_thread(number):
        try:
            signing_up.sign_up(newsletter=newsletter, email=EMAIL, name=f"Ursula {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as threads:
        list(threads.map(sign_up_in_a_thread, range(50)))

    assert Subscription.objects.count() == 1
    assert confirmations().count() == 1
    assert Consent.objects.count() == 1


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.BOUNCED, Status.COMPLAINED])
def test_whoever_needs_no_confirmation_gets_none(status):
    make_subscription(EMAIL, status=status, name="Ursula")
    sign_up(name="Mallory")
    reader = Subscription.objects.get()
    assert (reader.status, reader.name) == (status, "Ursula")
    assert not confirmations().exists()
    assert not Consent.objects.exists()


def test_a_reader_who_left_gets_a_mail_and_stays_away_until_he_confirms():
    make_subscription(EMAIL, status=Status.UNSUBSCRIBED, unsubscribed_at=timezone.now())
    sign_up()
    assert Subscription.objects.get().status == Status.UNSUBSCRIBED
    assert confirmations().count() == 1


def test_a_suppressed_address_leaves_no_trace():
    suppress()
    sign_up("Ursula@EXAMPLE.org")
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


def test_a_suppressed_pending_reader_is_not_mailed_again():
    make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    suppress(reason=Suppression.Reason.COMPLAINED)
    sign_up()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("state", ["pending", "claimed", "sending"])
def test_while_a_mail_is_on_its_way_there_is_no_second(state):
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    three_days_ago = timezone.now() - timedelta(days=3)
    due_or_leased = "next_at" if state == "pending" else "lease_until"
    times = {"next_at": None, "created_at": three_days_ago, due_or_leased: timezone.now()}
    make_delivery(reader, state=state, **times)
    sign_up()
    assert confirmations().count() == 1


@pytest.mark.parametrize(
    ("minutes_ago", "mails"),
    [([9], 1), ([11], 2), ([11, 60], 3), ([11, 60, 120], 3), ([11, 60, 24 * 60 + 1], 4)],
)
def test_a_pending_reader_gets_at_most_one_mail_in_ten_minutes_and_three_a_day(minutes_ago, mails):
    reader = make_subscription(EMAIL, status=Status.PENDING_CONFIRMATION)
    for minutes in minutes_ago:
        mailed(reader, ago=timedelta(minutes=minutes))
    sign_up()
    assert confirmations().count() == mails


def test_without_limits_each_sign_up_is_mailed(settings):
    settings.SIGNUP_LIMITS = False
    for _ in range(4):
        sign_up()
    assert confirmations().count() == 4
    assert Subscription.objects.count() == 1
