"""The other pages of the admin: all can be opened, and what is read-only is read-only."""

import pytest

from newsletter.models import Consent, Provider, Suppression, Worker
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


@pytest.mark.parametrize("model", ["delivery", "provider", "worker"])
def test_what_the_product_writes_is_not_edited(editor, rows, model):
    path = f"/admin/newsletter/{model}"
    assert editor.get(f"{path}/add/").status_code == 403
    assert editor.post(f"{path}/{rows[model].pk}/change/", {}).status_code == 403
    assert editor.post(f"{path}/{rows[model].pk}/delete/", {"post": "yes"}).status_code == 403


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
