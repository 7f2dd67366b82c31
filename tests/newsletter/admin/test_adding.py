"""Readers whom staff adds by hand; nobody is brought back."""

import pytest

from newsletter.models import (
    Delivery,
    Subscription,
)
from tests.factories import default_newsletter, make_subscription
from tests.newsletter.admin.readers_desk import LIST

pytestmark = pytest.mark.django_db


def add(client, **fields):
    form = {"newsletter": default_newsletter().pk, "email": "new@example.org", "how": "ask"}
    return client.post(f"{LIST}add/", {**form, **fields}, follow=True)


class TestAdding:
    def test_a_mail_asks_him_to_confirm(self, editor):
        add(editor, name="Nina", tags="fair, vip")
        reader = Subscription.objects.get()
        assert (reader.status, reader.tags) == ("pending_confirmation", ["fair", "vip"])
        assert Delivery.objects.get().kind == "confirmation"
        assert reader.changes.filter(act="added", by="editor").exists()

    def test_with_a_statement_he_is_a_reader_and_it_is_the_evidence(self, editor):
        add(editor, how="agreed", statement="Paper form, fair of 3 May 2026")
        reader = Subscription.objects.get()
        consent = reader.consents.get()
        assert (reader.status, reader.email) == ("confirmed", "new@example.org")
        assert (consent.act, consent.wording) == ("imported", "Paper form, fair of 3 May 2026")
        assert not Delivery.objects.exists()

    def test_who_waits_for_confirmation_is_confirmed_by_a_statement(self, editor):
        make_subscription("New@example.org", status="pending_confirmation")
        add(editor, how="agreed", statement="Paper form, fair of 3 May 2026")
        assert Subscription.objects.get().status == "confirmed"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "no address"),
            ("email", "=cmd@example"),
            ("email", ""),
            ("name", "<b>"),
            ("tags", "x" * 51),
            ("newsletter", "99"),
            ("how", "never"),
        ],
    )
    def test_a_bad_field_is_told_beside_it(self, editor, field, value):
        page = add(editor, **{field: value})
        assert field in page.context["form"].errors
        assert not Subscription.objects.exists()

    @pytest.mark.parametrize("statement", ["", "  ", "fair"])
    def test_without_a_statement_nobody_is_added(self, editor, statement):
        page = add(editor, how="agreed", statement=statement)
        assert page.context["form"].errors
        assert not Subscription.objects.exists()

    @pytest.mark.parametrize("how", ["ask", "agreed"])
    @pytest.mark.parametrize("status", ["confirmed", "unsubscribed", "bounced", "complained"])
    def test_nobody_is_brought_back(self, editor, how, status):
        make_subscription("new@example.org", status=status)
        page = add(editor, how=how, statement="Paper form, fair of 3 May 2026")
        assert page.context["form"].non_field_errors()
        assert Subscription.objects.get().status == status
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize("how", ["ask", "agreed"])
    def test_nobody_who_is_suppressed_is_added(self, editor, how):
        editor.post(
            "/admin/newsletter/suppression/add/", {"email": "NEW@example.org", "note": "asked"}
        )
        page = add(editor, how=how, statement="Paper form, fair of 3 May 2026")
        assert "never to be mailed" in str(page.context["form"].non_field_errors())
        assert not Subscription.objects.exists()
