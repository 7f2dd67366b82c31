from uuid import uuid4

import pytest

from newsletter import suppressing
from newsletter.models import Consent, Newsletter, Subscription, Suppression
from newsletter.models.suppressions import address_digests
from tests.factories import make_subscription

pytestmark = pytest.mark.django_db

Reason = Suppression.Reason


def status_of(reader):
    reader.refresh_from_db()
    return reader.status


@pytest.mark.parametrize(
    ("reason", "status"), [(Reason.BOUNCED, "bounced"), (Reason.COMPLAINED, "complained")]
)
@pytest.mark.parametrize("before", ["pending_confirmation", "confirmed"])
def test_an_address_is_suppressed_with_its_reason(reason, status, before):
    reader = make_subscription(status=before)
    suppressing.suppress(subscription_id=reader.pk, reason=reason)
    assert status_of(reader) == status
    assert reader.unsubscribed_at is not None
    assert Suppression.objects.of_address(reader.email).get().reason == reason


def test_it_holds_in_every_newsletter_and_whatever_the_case():
    other = Newsletter.objects.create(slug="other", title="Other")
    first = make_subscription("Ursula@Example.org")
    second = make_subscription("ursula@example.org", newsletter=other)
    stranger = make_subscription("stranger@example.org")
    suppressing.suppress(subscription_id=first.pk, reason=Reason.BOUNCED)
    assert [status_of(reader) for reader in (first, second, stranger)] == [
        "bounced",
        "bounced",
        "confirmed",
    ]


def test_a_bounce_binds_more_than_an_erasure():
    reader = make_subscription(status="pending_confirmation")
    digest = address_digests(reader.email)[0]
    Suppression.objects.create(digest=digest, reason=Reason.ERASED)
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.BOUNCED)
    assert Suppression.objects.binding().get().reason == Reason.BOUNCED


def test_who_left_stays_one_who_left():
    reader = make_subscription(status="unsubscribed")
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.BOUNCED)
    assert status_of(reader) == "unsubscribed"
    assert Suppression.objects.of_address(reader.email).exists()


def test_the_first_reason_stays():
    reader = make_subscription()
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.COMPLAINED)
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.BOUNCED)
    assert Suppression.objects.get().reason == Reason.COMPLAINED
    assert status_of(reader) == "complained"


def test_somebody_who_is_erased_is_nobody():
    suppressing.suppress(subscription_id=uuid4(), reason=Reason.BOUNCED)
    assert not Suppression.objects.exists()


def test_the_address_itself_is_not_kept():
    reader = make_subscription()
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.BOUNCED)
    Subscription.objects.all().delete()
    row = Suppression.objects.values().get()
    assert not [value for value in row.values() if "ursula" in str(value)]


def test_a_suppression_outlives_the_change_of_the_key(settings):
    reader = make_subscription()
    suppressing.suppress(subscription_id=reader.pk, reason=Reason.BOUNCED)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    assert Suppression.objects.of_address(reader.email).exists()


class TestByHand:
    def test_an_address_that_nobody_has_is_suppressed_too(self):
        assert suppressing.suppress_by_hand(email="Eve@example.org", note="asked", by="amina")
        assert not suppressing.suppress_by_hand(email="eve@EXAMPLE.org", note="again", by="amina")
        stored = Suppression.objects.get()
        assert (stored.reason, stored.note, stored.by) == ("manual", "asked", "amina")
        assert "eve" not in stored.digest

    def test_its_readers_leave_in_every_newsletter(self):
        other = Newsletter.objects.create(slug="other", title="Other")
        make_subscription("eve@example.org")
        make_subscription("Eve@example.org", newsletter=other, status="pending_confirmation")
        suppressing.suppress_by_hand(email="eve@example.org", note="", by="amina")
        assert set(Subscription.objects.values_list("status", flat=True)) == {"unsubscribed"}
        assert Consent.objects.filter(act="withdrew").count() == 2

    def test_a_complaint_stays_the_reason(self):
        reader = make_subscription("eve@example.org")
        suppressing.suppress(subscription_id=reader.pk, reason=Suppression.Reason.COMPLAINED)
        suppressing.suppress_by_hand(email="eve@example.org", note="", by="amina")
        assert Suppression.objects.get().reason == "complained"

    def test_lifting_makes_nobody_a_reader(self):
        reader = make_subscription("eve@example.org")
        suppressing.suppress(subscription_id=reader.pk, reason=Suppression.Reason.BOUNCED)
        assert suppressing.lift(email="EVE@example.org", note="new mailbox", by="amina")
        assert not suppressing.lift(email="eve@example.org", note="", by="amina")
        reader.refresh_from_db()
        assert reader.status == "unsubscribed"
        assert reader.changes.get().detail == "new mailbox"
