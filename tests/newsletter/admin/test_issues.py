"""The editor's desk, through its door."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from newsletter.admin import issue_controls
from newsletter.models import Delivery, Issue
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription
from tests.newsletter.sending import make_ready, send

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletter/issue/"
CONTROLS = tuple(control.name for control in issue_controls.CONTROLS)


def url(issue, page="change"):
    return f"{LIST}{issue.pk}/{page}/"


def form_of(client, issue=None):
    """Return what the browser would post from the page as it is now."""
    page = client.get(url(issue) if issue else f"{LIST}add/")
    form = page.context["adminform"].form
    return {name: form[name].value() or "" for name in form.fields}


def messages_of(response):
    return " ".join(str(message) for message in response.context["messages"])


class TestWriting:
    def test_an_issue_is_written_and_named(self, editor):
        form = {**form_of(editor), "subject": "Hello, world", "body": "# Hi"}
        editor.post(f"{LIST}add/", form)
        issue = Issue.objects.get()
        assert (issue.subject, issue.slug, issue.state) == ("Hello, world", "hello-world", "draft")
        assert issue.newsletter == default_newsletter()

    @pytest.mark.parametrize("is_new", [True, False])
    def test_one_button_saves_and_leads_to_the_check(self, editor, is_new):
        issue = None if is_new else make_issue()
        address = url(issue) if issue else f"{LIST}add/"
        assert b'name="_check"' in editor.get(address).content
        form = {**form_of(editor, issue), "subject": "Hello", "body": "Hi", "_check": "1"}
        answer = editor.post(address, form)
        assert Issue.objects.get().subject == "Hello"
        assert answer.url == url(Issue.objects.get(), "publish")
        form |= {"body": "", "opened": Issue.objects.get().version}
        assert editor.post(url(Issue.objects.get()), form).status_code == 200

    def test_two_drafts_of_one_subject_have_two_names(self, editor):
        for _ in range(2):
            form = {**form_of(editor), "subject": "News", "body": "Text"}
            editor.post(f"{LIST}add/", form)
        assert set(Issue.objects.values_list("slug", flat=True)) == {"news", "news-2"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("subject", ""),
            ("subject", "a\r\nBcc: eve@example.org"),
            ("subject", "a\x07b"),
            ("subject", "a\0b"),
            ("subject", "x" * 201),
            ("preheader", "a\u2028b"),
            ("body", ""),
            ("body", "a\x07b"),
            ("slug", "no slug"),
            ("slug", "feed"),
            ("newsletter", "99"),
        ],
    )
    def test_a_bad_field_is_told_beside_it(self, editor, field, value):
        form = {**form_of(editor), "subject": "Hello", "body": "Text", field: value}
        page = editor.post(f"{LIST}add/", form)
        assert page.status_code == 200
        assert field in page.context["adminform"].form.errors
        assert not Issue.objects.exists()

    def test_a_draft_is_changed(self, editor):
        issue = make_issue()
        editor.post(url(issue), {**form_of(editor, issue), "subject": "Better"})
        issue.refresh_from_db()
        assert issue.subject == "Better"

    def test_of_two_stale_saves_the_second_is_told(self, editor):
        issue = make_issue()
        mine = {**form_of(editor, issue), "subject": "Mine"}
        editor.post(url(issue), {**form_of(editor, issue), "subject": "Theirs"})
        page = editor.post(url(issue), mine)
        issue.refresh_from_db()
        assert issue.subject == "Theirs"
        assert b"Somebody saved this issue after you opened it" in page.content

    @pytest.mark.parametrize("state", ["expanding", "sending", "paused", "sent", "cancelled"])
    def test_a_published_issue_is_frozen_also_for_a_stale_form(self, editor, state):
        issue = make_issue()
        form = {**form_of(editor, issue), "subject": "Too late"}
        Issue.objects.update(state=state)
        page = editor.post(url(issue), form, follow=True)
        issue.refresh_from_db()
        assert issue.subject == "The first issue"
        assert "nothing was saved" in messages_of(page)
        assert b'name="_save"' not in page.content

    def test_a_published_issue_cannot_be_deleted(self, editor):
        issue = make_issue(state="sent")
        page = editor.post(url(issue, "delete"), {"post": "yes"}, follow=True)
        assert Issue.objects.exists()
        assert "it stays" in messages_of(page)

    def test_a_draft_can_be_deleted(self, editor):
        editor.post(url(make_issue(), "delete"), {"post": "yes"})
        assert not Issue.objects.exists()


class TestPreview:
    def test_it_shows_text_and_a_sandboxed_frame(self, editor):
        issue = make_issue(body="# Title\n\n{{ settings.SECRET_KEY }}")
        page = editor.get(url(issue, "preview"))
        assert b"<iframe sandbox src" in page.content
        assert b"Title\n=====" in page.content
        assert b"{{ settings.SECRET_KEY }}" in page.content

    def test_the_frame_runs_nothing_and_only_this_site_may_show_it(self, editor):
        frame = editor.get(url(make_issue(body="<script>x</script># Hi"), "preview/html"))
        assert b"<script" not in frame.content
        assert frame["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert frame["X-Frame-Options"] == "SAMEORIGIN"


class TestControls:
    def test_publish_pause_resume_cancel(self, editor):
        issue = make_ready()
        send(editor, issue)
        states = [Issue.objects.get().state]
        for name in ("pause", "resume", "cancel"):
            editor.post(url(issue, name))
            states.append(Issue.objects.get().state)
        assert states == ["expanding", "paused", "expanding", "cancelled"]

    def test_a_test_mail_is_promised(self, editor):
        issue = make_issue()
        assert b'value="editor@example.org"' in editor.get(url(issue, "test")).content
        editor.post(url(issue, "test"), {"address": "me@example.org"})
        mail = Delivery.objects.get()
        assert (mail.kind, mail.recipient, mail.issue) == ("test", "me@example.org", issue)

    @pytest.mark.parametrize("address", ["", "me", "a@example.org,b@example.org", "a\0@b.example"])
    def test_a_bad_address_is_told_beside_it(self, editor, address):
        page = editor.post(url(make_issue(), "test"), {"address": address})
        assert page.context["form"].errors
        assert not Delivery.objects.exists()

    def test_a_refusal_is_a_message(self, editor):
        issue = make_issue(state="sent")
        page = editor.post(url(issue, "pause"), follow=True)
        assert "it cannot be paused" in messages_of(page)

    @pytest.mark.parametrize("name", CONTROLS)
    def test_looking_changes_nothing(self, editor, name):
        issue = make_issue()
        assert editor.get(url(issue, name)).status_code == 200
        assert Issue.objects.get().state == "draft"
        assert not Delivery.objects.exists()

    @pytest.mark.parametrize("name", CONTROLS)
    def test_who_may_only_look_is_refused(self, onlooker, name):
        issue = make_issue()
        assert onlooker.get(url(issue, "preview")).status_code == 200
        assert onlooker.post(url(issue, name)).status_code == 403
        assert f'href="../{name}/"' not in onlooker.get(url(issue)).content.decode()

    @pytest.mark.parametrize("name", [*CONTROLS, "preview", "preview/html"])
    def test_who_is_no_staff_has_to_log_in(self, client, name):
        assert client.get(url(make_issue(), name)).status_code == 302

    @pytest.mark.parametrize("name", [*CONTROLS, "preview", "preview/html"])
    def test_an_unknown_issue_is_not_found(self, editor, name):
        assert editor.get(f"{LIST}99/{name}/").status_code == 404

    @pytest.mark.parametrize("name", CONTROLS)
    def test_a_foreign_form_is_refused(self, name):
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("editor"))
        assert client.post(url(make_issue(), name)).status_code == 403


class TestAccounting:
    def test_the_line_stands_beside_the_issue(self, editor):
        issue = make_issue(state="sending", audience_size=2)
        make_delivery(make_subscription("a@example.org"), issue, state="sent", next_at=None)
        make_delivery(make_subscription("b@example.org"), issue)
        for page in (LIST, url(issue), reverse("admin:index")):
            assert b"2 = 1 sent + 1 pending" in editor.get(page).content

    def test_a_longer_list_takes_no_more_queries(self, editor, django_assert_num_queries):
        make_issue()
        editor.get(LIST)  # the session is written once a minute
        with django_assert_num_queries(8):
            editor.get(LIST)
        for number in range(20):
            make_issue(f"Issue {number}", state="sent")
        with django_assert_num_queries(8):
            editor.get(LIST)
