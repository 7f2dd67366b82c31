"""The other pages of the admin: all can be opened, and what is read-only is read-only."""

import pytest

from newsletter import admin
from newsletter.models import Consent, Provider, Subscription, Suppression, Worker
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db

MODELS = ("newsletter", "subscription", "issue", "delivery", "suppression", "provider", "worker")


@pytest.fixture
def rows():
    reader = make_subscription()
    Consent.objects.create(subscription=reader, act="signed_up", wording="I want it")
    rows = {
        "newsletter": reader.newsletter,
        "subscription": reader,
        "issue": make_issue(state="sending"),
        "suppression": Suppression.objects.create(digest="x", reason="bounced"),
        "provider": Provider.objects.create(name="smtp"),
        "worker": Worker.objects.create(host="h", pid=1),
    }
    rows["delivery"] = make_delivery(reader, rows["issue"])
    return rows


@pytest.mark.parametrize("model", MODELS)
def test_every_page_opens_without_inline_code(editor, rows, model):
    for page in ("", f"{rows[model].pk}/change/", "?q=ursula"):
        response = editor.get(f"/admin/newsletter/{model}/{page}", follow=True)
        assert response.status_code == 200
        assert b"<style" not in response.content
        assert b" style=" not in response.content


@pytest.mark.parametrize("model", ["subscription", "delivery", "suppression", "provider", "worker"])
def test_what_the_product_writes_is_not_edited(editor, rows, model):
    path = f"/admin/newsletter/{model}"
    assert editor.get(f"{path}/add/").status_code == 403
    assert editor.post(f"{path}/{rows[model].pk}/change/", {}).status_code == 403
    assert editor.post(f"{path}/{rows[model].pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_reader_is_found_by_the_beginning_of_the_address(editor, rows):
    make_subscription("paul@example.org")
    page = editor.get("/admin/newsletter/subscription/?q=URS").content
    assert b"ursula@example.org" in page
    assert b"paul@example.org" not in page


def test_consent_is_shown_beside_the_reader(editor, rows):
    page = editor.get(f"/admin/newsletter/subscription/{rows['subscription'].pk}/change/")
    assert b"I want it" in page.content


def test_chosen_readers_are_unsubscribed_by_the_verb(editor, rows):
    reader = rows["subscription"]
    action = {"action": "unsubscribe", "_selected_action": [str(reader.pk)]}
    page = editor.post("/admin/newsletter/subscription/", action, follow=True)
    reader.refresh_from_db()
    assert reader.status == Subscription.Status.UNSUBSCRIBED
    assert reader.consents.filter(act="withdrew").exists()
    assert b"1 unsubscribed." in page.content


def test_too_many_readers_at_once_are_refused(editor, rows):
    limit = admin.subscriptions.MOST_AT_ONCE
    for number in range(limit + 1):
        make_subscription(f"r{number}@example.org")
    chosen = [str(pk) for pk in Subscription.objects.values_list("pk", flat=True)][:1]
    action = {"action": "unsubscribe", "select_across": "1", "_selected_action": chosen}
    page = editor.post("/admin/newsletter/subscription/", action, follow=True)
    assert b"nothing was done" in page.content
    assert not Subscription.objects.filter(status="unsubscribed").exists()


def test_the_first_page_has_the_large_numbers(editor, rows):
    make_subscription("p@example.org", status="pending_confirmation")
    page = editor.get("/admin/").content.decode()
    assert "<strong>1</strong> confirmed reader" in page
    assert "waiting for confirmation" in page
    assert "<strong>1</strong> worker alive" in page
    assert "the oldest due mail waits" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "a\nb"),
        ("sender_name", "a\x07"),
        ("sender_email", "news@bücher.example"),
        ("sender_email", "no address"),
        ("postal_address", "a\x07"),
    ],
)
def test_a_newsletter_that_could_not_be_mailed_is_refused(editor, rows, field, value):
    path = f"/admin/newsletter/newsletter/{rows['newsletter'].pk}/change/"
    form = editor.get(path).context["adminform"].form
    posted = {name: form[name].value() or "" for name in form.fields}
    page = editor.post(path, {**posted, field: value})
    assert field in page.context["adminform"].form.errors
