"""The admin's first page, and the list of mails."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from newsletter import figures
from newsletter.models import Figure, Import, IssueCount, Newsletter, Provider, Subscription
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription
from tests.staff import make_member, post_password

pytestmark = pytest.mark.django_db

MAILS = "/admin/newsletter/delivery/"


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


class TestFirstPage:
    def test_an_empty_service_has_a_calm_page(self, editor):
        text = words(editor.get("/admin/"))
        assert "0 confirmed readers" in text
        assert "0.00 % complained in 30 days; keep it under 0.1 %" in text
        assert "none mail due" in text
        assert "no worker" in text

    def test_first_steps_lead_to_the_first_issue(self, editor):
        page = editor.get("/admin/").content.decode()
        assert 'href="/admin/newsletter/import/add/">Import your readers' in page
        assert "<li>Check it and send it</li>" in page
        make_subscription()
        draft = make_issue()
        Newsletter.objects.update(postal_address="12 Harbour Street, Hamburg")
        page = editor.get("/admin/").content.decode()
        assert page.count("(done)") == 3
        assert f'href="/admin/newsletter/issue/{draft.pk}/publish/">Check it and send it' in page
        make_issue("Out", state="sent", published_at=timezone.now())
        assert "First steps" not in words(editor.get("/admin/"))

    def test_steps_lead_nowhere_for_who_may_not_go_there(self, client):
        make_member("author", "author")
        post_password(client, "author")
        page = client.get("/admin/").content.decode()
        assert 'href="/admin/newsletter/issue/add/">Write an issue' in page
        assert "/newsletter/import/add/" not in page

    def test_what_belongs_together_stands_together(self, editor):
        page = editor.get("/admin/").content.decode()
        rooms = re.findall(r'class="section"[^>]*>([^<]+)<', page)
        assert list(dict.fromkeys(rooms)) == ["Writing", "Readers", "Sending", "Staff"]
        models = re.findall(r"<tr class=\"model-(\w+)", page)
        assert models.index("issue") < models.index("subscription") < models.index("delivery")
        assert set(models) >= {"user", "group", "auditentry", "import", "wording"}

    def test_an_import_makes_the_count_of_the_readers_old(self, editor):
        figures.refresh()
        Figure.objects.update(seconds=1)
        make_subscription()
        assert "0 confirmed readers" in words(editor.get("/admin/"))
        Import.objects.create(
            newsletter=default_newsletter(), source="shop", state="done", finished_at=timezone.now()
        )
        assert "an import has ended since" in words(editor.get("/admin/"))
        figures.refresh()
        text = words(editor.get("/admin/"))
        assert "1 confirmed reader" in text
        assert "an import has ended" not in text

    def test_last_issues_with_their_line(self, editor):
        for number in range(7):
            issue = make_issue(
                f"Issue {number}", state="sent", audience_size=1, published_at=timezone.now()
            )
            reader = make_subscription(f"{number}@example.org")
            make_delivery(reader, issue, state="sent", next_at=None)
        text = words(editor.get("/admin/"))
        assert "Issue 6 1 = 1 sent" in text
        assert "Issue 1 " not in text

    def test_what_waits_for_a_decision_is_told_first(self, editor):
        now = timezone.now()
        make_issue("Held", state="paused", stage="held", pause_reason="Held: too many failed.")
        doubtful = make_issue("Doubtful", state="sent")
        IssueCount.objects.create(
            issue=doubtful, counted_at=now, promised=2, states={"unknown": 2}, bounced=0
        )
        Provider.objects.create(name="smtp", opened_at=now, last_error="535")
        text = words(editor.get("/admin/"))
        assert "Held: too many failed. Resume sends it to all others" in text
        assert "Doubtful has 2 mails in doubt" in text
        assert "smtp refuses everything since" in text

    def test_growth_is_drawn_and_told(self, editor):
        make_subscription()
        figures.refresh()
        page = editor.get("/admin/").content.decode()
        assert "Confirmed readers in 90 days" in page
        assert "From 0 to 1 readers." in page

    def test_who_may_see_no_reader_gets_no_link_to_them(self, onlooker):
        page = onlooker.get("/admin/").content.decode()
        assert "confirmed reader" in page
        assert "subscription/?status" not in page

    def test_who_may_see_nothing_sees_nothing(self):
        client = Client()
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert "confirmed reader" not in client.get("/admin/").content.decode()

    def test_more_issues_take_no_more_queries(self, editor, django_assert_max_num_queries):
        for number in range(9):
            make_issue(f"Issue {number}", state="sent", published_at=timezone.now())
        editor.get("/admin/")
        with django_assert_max_num_queries(28):
            editor.get("/admin/")


class TestMails:
    @pytest.fixture
    def reader(self):
        return make_subscription("ursula@example.org", name="Ursula")

    def test_it_begins_with_what_is_open(self, editor, reader):
        make_delivery(reader, make_issue("Sending", state="sending"))
        assert "0 deliveries" in words(editor.get(MAILS))
        make_delivery(reader)
        held = make_issue("Held", state="sending")
        token = {"state": "claimed", "next_at": None, "lease_until": timezone.now()}
        make_delivery(make_subscription("b@example.org"), held, **token)
        assert "2 deliveries" in words(editor.get(MAILS))

    def test_a_search_finds_all_mails_of_a_reader(self, editor, reader):
        make_delivery(reader, make_issue("Sent", state="sent"), state="sent", next_at=None)
        make_delivery(reader, state="sent", next_at=None)
        make_delivery(make_subscription("paul@example.org"))
        text = words(editor.get(f"{MAILS}?q=ursula"))
        assert "2 deliveries" in text
        assert "paul@example.org" not in text

    def test_a_search_that_is_too_short_is_told(self, editor, reader):
        make_delivery(reader)
        assert "0 deliveries" in words(editor.get(f"{MAILS}?q=u"))

    def test_a_mail_of_an_erased_reader_opens(self, editor, reader):
        mail = make_delivery(reader)
        Subscription.objects.all().delete()
        assert "(erased)" in words(editor.get(MAILS))
        assert editor.get(f"{MAILS}{mail.pk}/change/").status_code == 200
