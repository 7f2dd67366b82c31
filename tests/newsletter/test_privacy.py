import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from newsletter import accounting, consenting, links, privacy, signing_up, subscribing
from newsletter.models import Consent, Delivery, Newsletter, Note, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

EMAIL = "ursula@example.org"
Status = Subscription.Status

pytestmark = pytest.mark.django_db


def suppression():
    return Suppression.objects.of_address(EMAIL).values_list("reason", flat=True).first()


def sign_up(email=EMAIL):
    signing_up.sign_up(newsletter=default_newsletter(), email=email, name="Ursula")


def sent(reader, issue):
    return make_delivery(reader, issue, state="sent", next_at=None)


def test_an_export_has_all_that_is_stored_of_a_person():
    other = Newsletter.objects.create(slug="other", title="Other")
    reader = make_subscription(EMAIL, name="Ursula", tags=["garden"], attributes={"town": "Ulm"})
    make_subscription("URSULA@example.org", newsletter=other)
    consenting.record_agreement(reader.pk, consenting.agreement(default_newsletter(), page="/f"))
    Note.objects.create(subscription=reader, text="Wrote to us.", by="editor")
    sent(reader, make_issue("The first issue"))
    make_delivery(reader, state="sent", next_at=None)

    document = json.loads(json.dumps(privacy.export_person(email="Ursula@Example.org")))

    first, second = document["subscriptions"]
    assert (first["newsletter"], second["newsletter"]) == ("Newsletter", "Other")
    assert (first["name"], first["tags"], first["attributes"]) == (
        "Ursula",
        ["garden"],
        {"town": "Ulm"},
    )
    assert first["consent"]["chain_holds"] is True
    assert first["consent"]["acts"][0]["page"] == "/f"
    assert {mail["subject"] for mail in first["mails"]} == {"The first issue", None}
    assert first["notes"][0]["text"] == "Wrote to us."
    assert document["never_mailed_because"] is None


def test_an_export_of_somebody_else_has_nothing_of_her():
    make_subscription(EMAIL, name="Ursula")
    assert privacy.export_person(email="paul@example.org")["subscriptions"] == []


def test_erasure_forgets_a_person_in_all_newsletters():
    other = Newsletter.objects.create(slug="other", title="Other")
    readers = [make_subscription(EMAIL), make_subscription("Ursula@example.org", newsletter=other)]
    for reader in readers:
        consenting.record_act(reader.pk, Consent.Act.CONFIRMED)
    editor = User.objects.create_user("editor")
    LogEntry.objects.create(
        user=editor,
        content_type=ContentType.objects.get_for_model(Subscription),
        object_id=readers[0].pk,
        object_repr=EMAIL,
        action_flag=CHANGE,
    )
    stays = make_subscription("paul@example.org")

    assert privacy.erase_person(email="URSULA@example.org") == 2
    connection.check_constraints()

    assert list(Subscription.objects.all()) == [stays]
    assert not Consent.objects.exists()
    assert LogEntry.objects.get().object_repr == "erased"
    assert privacy.erase_person(email=EMAIL) == 0


def test_the_account_of_a_past_issue_stays_as_it_was():
    issue = make_issue(state="sent", audience_size=2)
    sent(make_subscription(EMAIL), issue)
    sent(make_subscription("paul@example.org"), issue)
    before = accounting.of_issue(issue)
    privacy.erase_person(email=EMAIL)
    assert accounting.of_issue(issue) == before
    assert before.identity_holds


def test_an_address_to_be_changed_to_is_forgotten_as_well():
    reader = make_subscription(EMAIL)
    make_delivery(reader, kind="address", recipient="new@example.org")
    privacy.erase_person(email=EMAIL)
    assert Delivery.objects.get().recipient == ""


@pytest.mark.parametrize(
    ("status", "never_again", "known", "reason"),
    [
        (Status.CONFIRMED, False, None, "erased"),
        (Status.UNSUBSCRIBED, False, None, "erased"),
        (Status.CONFIRMED, True, None, "requested"),
        (Status.COMPLAINED, False, None, "complained"),
        (Status.BOUNCED, True, None, "bounced"),
        (Status.CONFIRMED, True, "erased", "requested"),
        (Status.CONFIRMED, False, "requested", "requested"),
        (Status.CONFIRMED, True, "bounced", "bounced"),
    ],
)
def test_what_forbids_mail_outlives_the_person(status, never_again, known, reason):
    make_subscription(EMAIL, status=status)
    if known:
        Suppression.objects.create(digest=address_digests(EMAIL)[0], reason=known)
    privacy.erase_person(email=EMAIL, never_again=never_again)
    assert suppression() == reason


def test_who_was_erased_may_come_back_himself():
    make_subscription(EMAIL)
    privacy.erase_person(email=EMAIL)
    sign_up()
    reader = Subscription.objects.get()
    assert reader.status == Status.PENDING_CONFIRMATION
    assert suppression() == "erased", "an import must not bring her back yet"
    subscribing.confirm(token=links.confirmation_token(reader.pk))
    assert suppression() is None


def test_who_asked_for_no_mail_ever_again_gets_none():
    make_subscription(EMAIL)
    privacy.erase_person(email=EMAIL, never_again=True)
    sign_up()
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


def test_an_unknown_address_leaves_a_hash_only_if_it_wants_no_mail():
    privacy.erase_person(email=EMAIL)
    assert suppression() is None
    privacy.erase_person(email=EMAIL, never_again=True)
    assert suppression() == "requested"


@pytest.mark.django_db(transaction=True)
def test_of_erasure_and_sign_up_at_once_nothing_is_left_half_done():
    """Either she is gone, or she has signed up anew and waits for her confirmation."""
    for _ in range(5):
        make_subscription(EMAIL)

        def step(action):
            try:
                action()
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            actions = [sign_up, lambda: privacy.erase_person(email=EMAIL)] * 4
            list(threads.map(step, actions))
        for reader in Subscription.objects.all():
            assert reader.status == Status.PENDING_CONFIRMATION
            assert reader.consents.exists()
        privacy.erase_person(email=EMAIL)
