"""Drafts: saved by themselves, kept in versions, brought back; a stale page changes nothing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from reversion.models import Revision, Version

from newsletter import drafts
from newsletter.models import Issue, Theme
from tests.factories import make_issue

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletter/issue/"


@pytest.fixture
def user():
    return User.objects.create_superuser("editor")


@pytest.fixture
def editor(user):
    client = Client()
    client.force_login(user)
    return client


def form_of(client, issue=None, **fields):
    page = client.get(f"{LIST}{issue.pk}/change/" if issue else f"{LIST}add/")
    form = page.context["adminform"].form
    return {**{name: form[name].value() or "" for name in form.fields}, **fields}


def autosave(client, issue, **fields):
    address = f"{LIST}{issue.pk}/autosave/" if issue else f"{LIST}autosave/"
    return client.post(address, fields)


def test_a_new_draft_is_made_once_and_then_saved(editor, user):
    first = autosave(editor, None, **form_of(editor, subject="Hel", body="Text")).json()
    issue = Issue.objects.get()
    assert (issue.author, issue.edited_by, issue.slug) == (user, user, "hel")
    assert first["autosave"] == f"{LIST}{issue.pk}/autosave/"
    form = form_of(editor, issue, subject="Hello", body="Text", opened=first["opened"])
    assert autosave(editor, issue, **form).json()["opened"] == 2
    issue.refresh_from_db()
    assert (issue.subject, issue.slug, issue.version) == ("Hello", "hello", 2)


def test_a_name_that_was_chosen_stays(editor):
    issue = make_issue("Hello", slug="chosen")
    autosave(editor, issue, **form_of(editor, issue, subject="Other"))
    assert Issue.objects.get().slug == "chosen"


def test_what_did_not_change_is_no_version(editor):
    issue = make_issue()
    assert autosave(editor, issue, **form_of(editor, issue)).json()["opened"] == 1
    assert not Version.objects.exists()


def test_a_stale_page_never_overwrites_what_is_newer(editor):
    issue = make_issue()
    stale = form_of(editor, issue, body="Mine")
    autosave(editor, issue, **form_of(editor, issue, body="Theirs"))
    answer = autosave(editor, issue, **stale)
    assert (answer.status_code, "Somebody saved" in answer.json()["error"]) == (409, True)
    assert "Somebody saved" in editor.post(f"{LIST}{issue.pk}/change/", stale).content.decode()
    assert Issue.objects.get().body == "Theirs"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"subject": ""}, "Subject: This field is required."),
        ({"body": "a\x07b"}, "control character"),
        ({"subject": "x" * 300}, "at most 200"),
        ({"slug": "no slug"}, "Slug:"),
    ],
)
def test_what_cannot_be_saved_is_said(editor, fields, says):
    issue = make_issue()
    answer = autosave(editor, issue, **form_of(editor, issue, **fields))
    assert answer.status_code == 422
    assert says in answer.json()["error"]
    assert Issue.objects.get().version == 1


@pytest.mark.parametrize("state", ["scheduled", "sending", "sent", "cancelled"])
def test_what_is_out_or_about_to_be_is_not_changed(editor, state):
    issue = make_issue()
    form = form_of(editor, issue, body="Too late")
    Issue.objects.update(state=state)
    assert autosave(editor, issue, **form).status_code == 409
    assert Issue.objects.get().body == issue.body


def test_only_by_post_by_who_may_and_of_what_is_there(editor, client):
    issue = make_issue()
    assert editor.get(f"{LIST}{issue.pk}/autosave/").status_code == 405
    assert autosave(editor, Issue(pk=99)).status_code == 404
    assert client.post(f"{LIST}{issue.pk}/autosave/").status_code == 302
    client.force_login(User.objects.create_user("onlooker", is_staff=True))
    assert client.post(f"{LIST}{issue.pk}/autosave/").status_code == 403
    assert client.get(f"{LIST}{issue.pk}/versions/").status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("strict"))
    assert strict.post(f"{LIST}{issue.pk}/autosave/").status_code == 403


def save(issue, user, body, how=drafts.SAVED_QUIETLY, minutes_ago=0):
    issue.body = body
    drafts.save(issue, editor=user, how=how)
    newest = Revision.objects.latest("pk")
    at = newest.date_created - timedelta(minutes=minutes_ago)
    Revision.objects.filter(pk=newest.pk).update(date_created=at)


def test_of_what_saved_itself_one_version_in_ten_minutes_is_kept(user):
    issue = make_issue()
    for minute in range(60):
        save(issue, user, f"Minute {minute}", minutes_ago=60 - minute)
    kept = [past.texts["body"] for past in drafts.versions_of(issue)]
    assert kept[0] == "Minute 59"
    assert kept[-1] == "Minute 0"
    assert 6 <= len(kept) <= 8


def test_what_somebody_saved_is_kept_always(user):
    issue = make_issue()
    for number in range(5):
        save(issue, user, f"Saved {number}", how=drafts.SAVED)
    assert len(drafts.versions_of(issue)) == 5


def test_a_version_is_looked_at_and_brought_back(editor, user):
    theme = Theme.objects.create(name="Harbour")
    issue = make_issue(body="First\n<script>alert(1)</script>", theme=theme)
    drafts.save(issue, editor=user)
    issue.theme = None
    save(issue, user, "Second", how=drafts.SAVED)
    past = drafts.versions_of(issue)[-1]
    page = editor.get(f"{LIST}{issue.pk}/versions/{past.pk}/").content.decode()
    assert "<del>First</del>" in page
    assert "<ins>Second</ins>" in page
    assert "<script>alert" not in page
    editor.post(f"{LIST}{issue.pk}/versions/{past.pk}/", {"opened": issue.version})
    issue.refresh_from_db()
    assert (issue.body.split()[0], issue.theme) == ("First", theme)
    assert len(drafts.versions_of(issue)) == 3


@pytest.mark.parametrize("opened", ["", "1", "x", "9" * 30])
def test_a_stale_page_brings_nothing_back(editor, user, opened):
    issue = make_issue()
    save(issue, user, "First", how=drafts.SAVED)
    save(issue, user, "Second", how=drafts.SAVED)
    past = drafts.versions_of(issue)[-1]
    address = f"{LIST}{issue.pk}/versions/{past.pk}/"
    page = editor.post(address, {"opened": opened}, follow=True)
    assert "after you opened the page" in page.content.decode()
    assert Issue.objects.get().body == "Second"


def test_the_version_of_another_issue_is_not_found(editor, user):
    issue, other = make_issue(), make_issue("Other")
    save(issue, user, "First")
    past = drafts.versions_of(issue)[0]
    assert editor.get(f"{LIST}{other.pk}/versions/{past.pk}/").status_code == 404
    assert editor.get(f"{LIST}{issue.pk}/versions/").status_code == 200


def test_a_copy_is_a_draft_of_its_own(editor, user):
    issue = make_issue("Hello", slug="hello", state="sent", preheader="Line")
    assert editor.get(f"{LIST}{issue.pk}/duplicate/").status_code == 200
    assert Issue.objects.count() == 1
    editor.post(f"{LIST}{issue.pk}/duplicate/")
    copy = Issue.objects.latest("pk")
    assert (copy.subject, copy.preheader, copy.slug) == ("Hello", "Line", "hello-2")
    assert (copy.state, copy.author, copy.published_at) == ("draft", user, None)


class TestPreview:
    def test_what_was_typed_is_shown_and_not_stored(self, editor):
        typed = {
            "subject": "Hi {name}",
            "body": "# A title\n\n{name|friend} in {city}",
            "line": "2",
        }
        page = editor.post(f"{LIST}preview/", typed).content.decode()
        assert "A title</h1>" in page
        assert "Ursula in [city]" in page
        assert page.index("A title") < page.index('id="here"') < page.index("Ursula in")
        assert "friend in" in editor.post(f"{LIST}preview/", {**typed, "nameless": "on"}).text
        text = editor.post(f"{LIST}preview/", {**typed, "view": "text"}).content.decode()
        assert "A title\n=======" in text
        assert not Issue.objects.exists()

    def test_dark_is_dark_and_light_is_light(self, editor):
        dark = editor.post(f"{LIST}preview/", {"body": "x", "view": "dark"}).content.decode()
        light = editor.post(f"{LIST}preview/", {"body": "x"}).content.decode()
        assert "@media all" in dark
        assert "@media not all" in light
        assert "prefers-color-scheme" not in dark + light

    @pytest.mark.parametrize(
        "typed",
        [
            {},
            {"slug": "no slug"},
            {"newsletter": "99"},
            {"theme": "x"},
            {"line": "-1"},
            {"line": "9999"},
        ],
    )
    def test_what_is_unfinished_or_wrong_is_no_fault(self, editor, typed):
        assert editor.post(f"{LIST}preview/", {"body": "Text", **typed}).status_code == 200

    @pytest.mark.parametrize(
        "text",
        [
            "<script>alert(1)</script>",
            '<img src=x onerror="alert(1)">',
            "[x](javascript:alert(1))",
            "<svg onload=alert(1)>",
            "{name|<script>alert(1)</script>}",
            "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        ],
    )
    @pytest.mark.parametrize("view", ["desktop", "dark", "text"])
    def test_nothing_runs_in_it(self, editor, text, view):
        """C2: the sanitiser, the policy and the sandbox each forbid it."""
        fields = {"body": text, "subject": text, "preheader": text, "view": view}
        page = editor.post(f"{LIST}preview/", fields)
        shown = page.content.decode()
        assert not re.search(r"<(script|svg|iframe)|<[^>]*\bon\w+\s*=", shown.lower())
        assert 'href="javascript' not in shown
        assert page["Content-Security-Policy"].startswith("sandbox; default-src 'none'")

    def test_it_is_a_post_of_who_may_look(self, editor, client):
        assert editor.get(f"{LIST}preview/").status_code == 405
        assert client.post(f"{LIST}preview/").status_code == 302
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert client.post(f"{LIST}preview/").status_code == 403
