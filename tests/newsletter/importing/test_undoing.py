"""An import that is taken back."""

import pytest
from django.utils import timezone

from newsletter import importing, subscribing
from newsletter.importing import NotNow, reports
from newsletter.models import Consent, Delivery, Import, Note, Subscription
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.importing.files import import_file, work

pytestmark = pytest.mark.django_db


def undone(batch: Import) -> Import:
    importing.undo(import_id=batch.pk)
    return work(batch)


def test_who_did_nothing_since_is_removed_with_his_record():
    make_subscription("known@example.org")
    batch = import_file("email\nada@example.org\nknown@example.org\nb@example.org\n")
    report = reports.report(undone(batch))
    assert (report.removed, report.kept) == (2, [])
    assert [reader.email for reader in Subscription.objects.all()] == ["known@example.org"]
    assert not Consent.objects.exists()


def test_who_did_something_is_kept_and_counted():
    names = ("left", "mailed", "noted", "idle", "skipped")
    batch = import_file("email\n" + "".join(f"{name}@example.org\n" for name in names))
    reader = {name: Subscription.objects.get(email=f"{name}@example.org") for name in names}
    subscribing.unsubscribe(subscription_id=reader["left"].pk)
    issue = make_issue(state="sending", published_at=timezone.now())
    sent = {"state": Delivery.State.SENT, "next_at": None}
    make_delivery(reader["mailed"], issue, **sent)
    make_delivery(reader["skipped"], issue, **(sent | {"state": Delivery.State.SKIPPED}))
    Note.objects.create(subscription=reader["noted"], text="A friend.", by="editor")

    report = reports.report(undone(batch))
    assert report.removed == 2
    assert [number for number, _ in report.kept] == [1, 1, 1]
    kept = set(Subscription.objects.values_list("email", flat=True))
    assert kept == {"left@example.org", "mailed@example.org", "noted@example.org"}


def test_who_left_elsewhere_goes_too_unless_he_bounced_since():
    batch = import_file(
        "email,status\na@example.org,unsubscribed\nb@example.org,confirmed\n", takes_status=True
    )
    Subscription.objects.filter(email="b@example.org").update(
        status="bounced", unsubscribed_at=timezone.now()
    )
    undone(batch)
    assert [reader.email for reader in Subscription.objects.all()] == ["b@example.org"]


def test_only_what_was_carried_out_is_undone_and_only_once():
    batch = import_file("email\nada@example.org\n", is_trial=True)
    with pytest.raises(NotNow, match="checked"):
        importing.undo(import_id=batch.pk)
    importing.carry_out(import_id=batch.pk)
    undone(work(batch))
    with pytest.raises(NotNow, match="undone"):
        importing.undo(import_id=batch.pk)


def test_what_was_cancelled_half_way_can_be_undone(monkeypatch):
    content = "email\n" + "".join(f"reader{number:05}@example.org\n" for number in range(12_000))
    batch = import_file(content, is_trial=True)
    importing.carry_out(import_id=batch.pk)
    importing.step(only=batch.pk)
    importing.cancel(import_id=batch.pk)
    assert Subscription.objects.count() == 10_000
    assert reports.report(undone(batch)).removed == 10_000
    assert not Subscription.objects.exists()


def test_an_address_that_was_removed_may_come_again():
    content = "email\nada@example.org\n"
    undone(import_file(content))
    import_file(content)
    assert Subscription.objects.get().email == "ada@example.org"
