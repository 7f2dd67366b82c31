from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter import consenting, signing_up
from newsletter.models import Consent, Delivery, Newsletter, Subscription, Suppression
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


def let_pass(minutes):
    """Let all mails go out, and so much time pass for the limits."""
    Delivery.objects.update(state="sent", next_at=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE newsletter_allowance SET spent = ARRAY(SELECT at - %s * interval '1 minute' "
            "FROM unnest(spent) AS at)",
            [minutes],
        )


@pytest.mark.parametrize(
    ("pauses", "mails"),
    [
        ([0], 1),
        ([9], 1),
        ([11], 2),
        ([11, 60], 3),
        ([11, 60, 60], 3),
        ([11, 60, 60, 24 * 60], 4),
        ([5, 6], 2),
        ([24 * 60, 24 * 60, 24 * 60], 4),
    ],
)
def test_an_address_gets_at_most_one_mail_in_ten_minutes_and_three_a_day(pauses, mails):
    sign_up()
    for minutes in pauses:
        let_pass(minutes)
        sign_up()
    assert confirmations().count() == mails


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ursula@example.org", "ursula+news@example.org"),
        ("ursula@example.org", "URSULA+x+y@example.org"),
        ("u.r.s.u.l.a@gmail.com", "ursula@gmail.com"),
        ("ursula@googlemail.com", "ur.sula+1@gmail.com"),
    ],
)
def test_other_spellings_of_a_mailbox_share_its_limit(first, second):
    sign_up(first)
    sign_up(second)
    due = list(confirmations().order_by("next_at").values_list("next_at", flat=True))
    assert due[1] - due[0] == signing_up.budgets.PAUSE_BETWEEN_MAILS
    assert Subscription.objects.filter(email=second).exists(), "what was typed is what is stored"


def test_of_many_spellings_of_a_mailbox_three_are_mailed_and_no_more_are_stored():
    for number in range(10):
        sign_up(f"ursula+{number}@example.org")
    assert Subscription.objects.count() == confirmations().count() == 3


@pytest.mark.parametrize("email", ["u.rsula@example.org", "+ursula@example.org", "+@example.org"])
def test_another_mailbox_has_a_limit_of_its_own(email):
    sign_up()
    sign_up(email)
    assert confirmations().filter(next_at__lte=timezone.now()).count() == 2


def test_who_signs_up_to_a_second_newsletter_gets_that_mail_when_the_pause_is_over():
    sign_up()
    other = Newsletter.objects.create(slug="other", title="Other")
    signing_up.sign_up(newsletter=other, email=EMAIL, name="Ursula")
    first, second = confirmations().order_by("next_at")
    assert second.subscription.newsletter == other
    assert second.next_at - first.next_at == signing_up.budgets.PAUSE_BETWEEN_MAILS


def test_without_limits_each_sign_up_is_mailed(settings):
    settings.SIGNUP_LIMITS = False
    for _ in range(4):
        sign_up()
    assert confirmations().count() == 4
    assert Subscription.objects.count() == 1
