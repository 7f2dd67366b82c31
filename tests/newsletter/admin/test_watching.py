"""Watching an issue in the admin: the page, its changing part, groups of mails, one reader."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletter import accounting
from newsletter.models import Complaint, Delivery, Issue, IssueCount, Provider, Worker
from tests.factories import make_delivery, make_issue, make_subscription

pytestmark = pytest.mark.django_db

PAGES = ("watch", "watch/fragment", "why", "mails/failed", "mails/failed.csv")


@pytest.fixture
def issue():
    """A sending issue: 3 sent, 2 failed, 1 unknown, 1 pending."""
    now = timezone.now()
    made = make_issue(
        state="sending", audience_size=7, published_at=now - timedelta(minutes=5), audience_at=now
    )
    for number, (state, code) in enumerate(
        [
            *[("sent", "")] * 3,
            *[("failed", "550 5.1.1")] * 2,
            ("unknown", "worker_died"),
            ("pending", "450 4.2.2"),
        ]
    ):
        is_open = state == "pending"
        make_delivery(
            make_subscription(f"{number}@{'a' if number < 5 else 'b'}.example"),
            made,
            state=state,
            error_code=code,
            next_at=now + timedelta(hours=1) if is_open else None,
            finished_at=None if is_open else now,
        )
    return made


def url(issue: Issue, page: str) -> str:
    return f"/admin/newsletter/issue/{issue.pk}/{page}" + ("" if page.endswith("csv") else "/")


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def rows_of(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text)))


class TestPage:
    @pytest.mark.parametrize("page", ["watch", "watch/fragment"])
    def test_it_tells_states_reasons_and_domains(self, editor, issue, page):
        text = words(editor.get(url(issue, page)))
        assert "7 = 3 sent + 2 failed + 1 unknown + 1 pending" in text
        assert "550 5.1.1 There is no such mailbox 2" in text
        assert "a.example 5 3 2 (40.0 %) 0 0" in text
        assert "The provider may have these mails" in text
        assert "No worker is alive" in text

    def test_it_is_there_from_the_moment_an_issue_waits(self, editor):
        """Who has pressed the button sees the minute pass, and then what happens."""
        later = timezone.now() + timedelta(days=1, hours=2)
        issue = make_issue(state="scheduled", publish_at=later)
        page = editor.get(url(issue, "watch"))
        waits = (
            r"scheduled Nobody has got it yet. Audience: all readers. It goes out in 1 d 01:\d\d h"
        )
        assert re.search(waits, words(page))
        assert "No worker is alive" in words(page)
        assert f"/admin/newsletter/issue/{issue.pk}/take-back/" in page.content.decode()
        assert b"watch.js" in page.content
        Issue.objects.update(publish_at=timezone.now() - timedelta(seconds=1))
        assert "as soon as a worker takes it up" in words(editor.get(url(issue, "watch/fragment")))
        Issue.objects.update(state="draft")
        part = editor.get(url(issue, "watch/fragment"))
        assert b"data-done" in part.content
        assert "taken back" in words(part)
        Issue.objects.update(state="sending", published_at=timezone.now())
        assert "sending Published" in words(editor.get(url(issue, "watch/fragment")))

    def test_it_says_to_whom(self, editor, issue):
        Issue.objects.update(audience={"conditions": [{"what": "has_tag", "value": "vip"}]})
        assert "Audience: has the tag vip." in words(editor.get(url(issue, "watch")))
        Issue.objects.update(audience=["nonsense"])
        assert "A segment is an object" in words(editor.get(url(issue, "watch")))

    def test_the_fragment_is_no_whole_page(self, editor, issue):
        part = editor.get(url(issue, "watch/fragment")).content
        assert b"<html" not in part
        assert b"data-done" not in part

    def test_it_has_no_inline_code_and_works_without_a_script(self, editor, issue):
        page = editor.get(url(issue, "watch")).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]* src=)", page)
        assert '<a href="">Refresh</a>' in page

    def test_what_came_later_is_in_the_report(self, editor, issue):
        now = timezone.now()
        sent = Delivery.objects.filter(state="sent").first()
        Complaint.objects.create(delivery=sent, issue=issue)
        Delivery.objects.filter(state="failed").update(error_code="bounced 5.2.2")
        leaver = Delivery.objects.filter(state="sent").last().subscription
        leaver.status, leaver.unsubscribed_at = "unsubscribed", now
        leaver.save()
        Delivery.objects.filter(state="pending").update(state="sent", next_at=None, finished_at=now)
        Issue.objects.update(state="sent", finished_at=now)
        page = editor.get(url(issue, "watch"))
        text = words(page)
        assert "Report" in text
        assert "2 bounced; they are among the failed" in text
        assert "1 complaint" in text
        assert "1 unsubscribed after it" in text
        assert b"data-done" in page.content
        assert b"watch.js" not in page.content

    def test_a_mail_that_is_erased_is_still_counted(self, editor, issue):
        Delivery.objects.filter(state="sent").first().subscription.delete()
        assert "7 = 3 sent" in words(editor.get(url(issue, "watch")))
        assert "(erased)" in words(editor.get(url(issue, "mails/sent")))

    def test_a_large_issue_is_not_counted_by_looking(self, editor, issue):
        editor.get(url(issue, "watch"))
        Issue.objects.update(audience_size=accounting.COUNTED_AT_ONCE + 1)
        IssueCount.objects.update(
            counted_at=timezone.now() - timedelta(minutes=3), states={"sent": 1}
        )
        assert "Counted 3 minutes ago" in words(editor.get(url(issue, "watch")))
        assert IssueCount.objects.get().states == {"sent": 1}

    def test_it_is_counted_on_demand(self, editor, issue):
        editor.get(url(issue, "watch"))
        IssueCount.objects.update(states={})
        assert "Counted just now" in words(editor.post(url(issue, "watch/count"), follow=True))
        assert IssueCount.objects.get().states["sent"] == 3
        assert editor.get(url(issue, "watch/count")).status_code == 405

    def test_missing_rows_are_told(self, editor, issue):
        Issue.objects.update(audience_size=8)
        assert "rows of the ledger are missing" in words(editor.get(url(issue, "watch")))

    def test_a_provider_that_refuses_is_told(self, editor, issue):
        Worker.objects.create(host="h", pid=1)
        Provider.objects.create(name="smtp", opened_at=timezone.now(), last_error="535")
        text = words(editor.get(url(issue, "watch")))
        assert "smtp refuses everything" in text
        assert "No worker" not in text

    def test_a_staged_issue_says_where_it_stands(self, editor, issue):
        now = timezone.now()
        Issue.objects.update(stage="watched", stage_size=6, stage_ends_at=now)
        assert "The first 6 mails are out" in words(editor.get(url(issue, "watch")))
        Issue.objects.update(stage="held", state="paused", pause_reason="Held: too many.")
        text = words(editor.get(url(issue, "watch")))
        assert "Held: too many. Resume sends it to all others; Cancel gives it up." in text
        assert "Resume" in text

    def test_a_draft_has_nothing_to_watch(self, editor):
        assert editor.get(url(make_issue(), "watch")).status_code == 404


class TestControls:
    @pytest.mark.parametrize("name", ["retry-failed", "resend-unknown"])
    def test_the_second_of_two_equal_posts_says_that_it_did_nothing(self, editor, issue, name):
        assert "Due again: " in words(editor.post(url(issue, name), follow=True))
        text = words(editor.post(url(issue, name), follow=True))
        assert "No mail is in that state any more: nothing was done." in text

    @pytest.mark.parametrize("name", ["resume", "take-back"])
    def test_a_stale_page_is_told_what_the_issue_is(self, editor, issue, name):
        before = list(Delivery.objects.order_by("pk").values())
        editor.post(url(issue, name))
        assert Issue.objects.get().state == "sending"
        assert list(Delivery.objects.order_by("pk").values()) == before
        assert "this cannot be done now" in words(editor.get(url(issue, name)))


class TestGroups:
    @pytest.mark.parametrize("state", Delivery.State.values)
    def test_each_state_has_its_list_and_its_file(self, editor, issue, state):
        mails = Delivery.objects.filter(state=state).count()
        page = editor.get(url(issue, f"mails/{state}"))
        assert len(re.findall(rb"newsletter/subscription/[0-9a-f-]{36}/", page.content)) == mails
        assert len(rows_of(editor.get(url(issue, f"mails/{state}.csv")))) == mails + 1

    def test_a_reason_narrows_it(self, editor, issue):
        page = editor.get(url(issue, "mails/failed") + "?reason=552")
        assert "No mail is in this group now" in words(page)
        page = editor.get(url(issue, "mails/failed") + "?reason=550+5.1.1")
        assert "there is no such mailbox" in words(page)

    def test_a_formula_in_a_cell_is_harmless(self, editor, issue):
        mail = Delivery.objects.filter(state="unknown").get()
        mail.subscription.name = '=HYPERLINK("http://evil.example","x")'
        mail.subscription.save()
        Delivery.objects.filter(pk=mail.pk).update(provider_id="@SUM(1)")
        _names, row = rows_of(editor.get(url(issue, "mails/unknown.csv")))
        assert row[0] == "5@b.example"
        assert row[1].startswith("'=")
        assert row[4] == "the worker died while sending it"
        assert row[7] == "'@SUM(1)"

    def test_an_unknown_state_is_not_found(self, editor, issue):
        assert editor.get(url(issue, "mails/lost")).status_code == 404


class TestWhy:
    def test_it_says_it_in_a_sentence_and_keeps_the_address_out_of_the_log(self, editor, issue):
        page = editor.post(url(issue, "why"), {"address": " 3@a.example "})
        assert "Failed: 550 5.1.1" in words(page)
        assert "Failed" not in words(editor.get(url(issue, "why") + "?address=3@a.example"))

    @pytest.mark.parametrize("address", ["", "\0", "x" * 300])
    def test_an_address_that_is_none_is_told(self, editor, issue, address):
        page = editor.post(url(issue, "why"), {"address": address})
        assert page.status_code == 200
        assert "errorlist" in page.content.decode()

    def test_nobody_known(self, editor, issue):
        page = editor.post(url(issue, "why"), {"address": "nobody@example.org"})
        assert "has no subscription" in words(page)


class TestWhoMay:
    @pytest.mark.parametrize("page", PAGES)
    def test_who_is_no_staff_has_to_log_in(self, client, issue, page):
        assert client.get(url(issue, page)).status_code == 302

    def test_who_may_only_see_issues_sees_no_reader(self, onlooker, issue):
        assert onlooker.get(url(issue, "watch")).status_code == 200
        assert b"/mails/" not in onlooker.get(url(issue, "watch")).content
        for page in PAGES[2:]:
            assert onlooker.get(url(issue, page)).status_code == 403
        assert onlooker.post(url(issue, "why"), {"address": "3@a.example"}).status_code == 403

    def test_who_sees_mails_may_not_take_them_along(self, issue):
        user = User.objects.create_user("looker", is_staff=True)
        for name in ("view_issue", "view_delivery"):
            user.user_permissions.add(Permission.objects.get(codename=name))
        client = Client()
        client.force_login(user)
        assert client.get(url(issue, "mails/failed")).status_code == 200
        assert client.get(url(issue, "mails/failed.csv")).status_code == 403

    def test_who_may_see_no_issue_sees_nothing(self, issue):
        client = Client()
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        for page in PAGES:
            assert client.get(url(issue, page)).status_code == 403

    @pytest.mark.parametrize("page", ["watch/count", "why"])
    def test_a_foreign_form_is_refused(self, issue, page):
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("editor"))
        assert client.post(url(issue, page), {"address": "a@example.org"}).status_code == 403


def test_the_numbers_of_queries_do_not_grow(editor, issue, django_assert_max_num_queries):
    editor.get(url(issue, "watch"))
    with django_assert_max_num_queries(18):
        editor.get(reverse("admin:newsletter_issue_watch", args=[issue.pk]))
