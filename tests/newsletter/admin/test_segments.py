"""Segments at the desk, and the choice of an issue's readers."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from newsletter import publishing
from newsletter.models import Delivery, Issue, Newsletter, Segment
from tests.factories import default_newsletter, make_issue, make_subscription
from tests.newsletter.admin.readers_desk import HOSTILE, messages_of
from tests.newsletter.publications import expand

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletter/segment/"
VIP = {"conditions": [{"what": "has_tag", "value": "vip"}]}


def make_segment(name="Friends", definition=VIP, **fields):
    fields.setdefault("newsletter", default_newsletter())
    return Segment.objects.create(name=name, slug=name.lower(), definition=definition, **fields)


def rows(name, *conditions):
    """Return what a browser posts for rows of (what, key, value)."""
    return {
        f"{name}-{number}-{part}": text
        for number, condition in enumerate(conditions)
        for part, text in zip(("what", "key", "value"), condition, strict=True)
    }


def save(client, path="add/", **fields):
    form = {"newsletter": default_newsletter().pk, "name": "Friends", "match": "all", "slug": ""}
    return client.post(f"{LIST}{path}", {**form, **fields}, follow=True)


@pytest.fixture
def readers():
    make_subscription("vip@example.org", tags=["vip"])
    make_subscription("staff@example.org", tags=["vip", "staff"])
    make_subscription("other@example.org")


class TestForm:
    @pytest.mark.usefixtures("readers")
    def test_rows_become_a_segment_and_its_number_is_told(self, editor):
        vip, staff = ("has_tag", "", "vip"), ("has_tag", "", "staff")
        save(editor, **rows("conditions", vip), **rows("exclusions", staff))
        segment = Segment.objects.get()
        assert segment.slug == "friends"
        assert segment.definition == {
            "match": "all",
            "conditions": [{"what": "has_tag", "value": "vip"}],
            "except": [{"what": "has_tag", "value": "staff"}],
        }
        page = editor.get(f"{LIST}{segment.pk}/change/").content.decode()
        assert "1 confirmed reader now" in page
        assert 'value="vip"' in page
        assert "@example.org" not in page

    def test_rows_may_be_left_out(self, editor):
        vip = ("has_tag", "", "vip")
        blank = ("", "", "")
        save(editor, **rows("conditions", blank, vip, blank, ("attribute_exists", "city", "")))
        assert len(Segment.objects.get().definition["conditions"]) == 2

    def test_two_segments_of_one_name_have_two_slugs(self, editor):
        for _ in range(2):
            save(editor)
        assert set(Segment.objects.values_list("slug", flat=True)) == {"friends", "friends-2"}

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (("", "", "vip"), "Row 1: Choose what it asks."),
            (("has_tag", "", ""), "needs a value"),
            (("has_tag", "city", "vip"), "takes no"),
            (("attribute_is", "", "x"), "needs the name of an attribute"),
            (("signed_up_since", "", "May"), "is no day"),
            (("got_issue", "", "x"), "is no number of an issue"),
            (("got_issue", "", "999"), "has no issue number 999"),
            (("sql", "", "1=1"), "is no condition"),
            (("has_tag", "", "x" * 201), "at most 200"),
        ],
    )
    def test_a_bad_row_is_told_and_kept(self, editor, row, words):
        page = save(editor, **rows("conditions", row))
        assert words in str(page.context["adminform"].form.errors)
        assert row[2][:100] in page.content.decode()
        assert not Segment.objects.exists()

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_texts_are_shown_as_they_are(self, editor, text):
        """C11."""
        save(editor, name=text, slug="x", **rows("conditions", ("attribute_is", text, text)))
        segment = Segment.objects.get()
        for path in (f"{LIST}{segment.pk}/change/", LIST, "/admin/newsletter/issue/add/"):
            page = editor.get(path).content.decode()
            assert "<script>alert" not in page
            assert "onerror=alert(1)>" not in page
            assert "<svg/onload" not in page

    def test_a_segment_that_an_issue_waits_for_stays(self, editor):
        segment = make_segment()
        make_issue("Spring", segment=segment)
        assert b"Spring" in editor.get(f"{LIST}{segment.pk}/change/").content
        editor.post(f"{LIST}{segment.pk}/delete/", {"post": "yes"}, follow=True)
        assert Segment.objects.exists()

    def test_what_this_version_does_not_know_is_said_and_not_a_fault(self, editor):
        segment = make_segment(definition={"conditions": [{"what": "newer"}]})
        make_issue(segment=segment)
        for path in (LIST, f"{LIST}{segment.pk}/change/", "/admin/newsletter/issue/add/"):
            assert editor.get(path).status_code == 200
        issue = Issue.objects.get()
        assert editor.get(f"/admin/newsletter/issue/{issue.pk}/change/").status_code == 200
        page = editor.post(f"/admin/newsletter/issue/{issue.pk}/publish/", follow=True)
        assert page.status_code == 200
        assert Issue.objects.get().state in {"draft", "scheduled"}


class TestCount:
    @pytest.mark.usefixtures("readers")
    def test_typed_conditions_are_counted_before_they_are_saved(self, editor):
        form = {"newsletter": default_newsletter().pk, "match": "all", "name": ""}
        form |= rows("conditions", ("has_tag", "", "vip"))
        answer = editor.post(f"{LIST}count/", form)
        assert answer.json() == {"told": "2 confirmed readers now"}
        assert not Segment.objects.exists()

    def test_half_a_row_is_told(self, editor):
        form = {"newsletter": default_newsletter().pk, "match": "all"}
        answer = editor.post(f"{LIST}count/", {**form, **rows("conditions", ("has_tag", "", ""))})
        assert answer.status_code == 422
        assert "needs a value" in answer.json()["told"]

    @pytest.mark.parametrize("query", ["", "?newsletter=x", "?newsletter=99", "?newsletter=%00"])
    def test_what_names_no_newsletter_is_told(self, editor, query):
        assert editor.get(f"{LIST}count/{query}").status_code in {400, 422}

    def test_only_who_sees_issues_or_segments_may_count(self):
        client = Client()
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert client.get(f"{LIST}count/?newsletter=1").status_code == 403

    def test_a_foreign_form_is_refused(self):
        """C3."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("editor"))
        for path in ("add/", "count/", f"{make_segment().pk}/change/"):
            assert client.post(f"{LIST}{path}", {}).status_code == 403


def form_of(client, issue=None):
    path = f"{issue.pk}/change/" if issue else "add/"
    form = client.get(f"/admin/newsletter/issue/{path}").context["adminform"].form
    return {name: form[name].value() or "" for name in form.fields}


def write(client, issue=None, **fields):
    path = f"{issue.pk}/change/" if issue else "add/"
    form = {**form_of(client, issue), "subject": "News", "body": "Text", **fields}
    return client.post(f"/admin/newsletter/issue/{path}", form, follow=True)


class TestIssue:
    @pytest.mark.usefixtures("readers")
    def test_the_choice_is_kept_told_and_taken_back(self, editor):
        segment = make_segment()
        write(editor, readers=str(segment.pk))
        issue = Issue.objects.get()
        assert issue.segment == segment
        page = editor.get(f"/admin/newsletter/issue/{issue.pk}/change/").content.decode()
        assert "2 confirmed readers now" in page
        assert "@example.org" not in page
        asked = editor.get(f"/admin/newsletter/issue/{issue.pk}/publish/").content.decode()
        assert "<strong>2</strong> readers of" in asked
        write(editor, issue, readers="")
        issue.refresh_from_db()
        assert issue.segment is None

    @pytest.mark.usefixtures("readers")
    def test_a_copy_of_a_published_issue_is_for_the_same_readers(self, editor):
        issue = make_issue(segment=make_segment())
        publishing.publish(issue_id=issue.pk)
        editor.post(f"/admin/newsletter/issue/{issue.pk}/duplicate/")
        copy = Issue.objects.latest("pk")
        assert copy != issue
        write(editor, copy, subject="Again")
        publishing.publish(issue_id=copy.pk)
        expand()
        mails = Delivery.objects.filter(issue=copy)
        assert {mail.subscription.email for mail in mails} == {
            "vip@example.org",
            "staff@example.org",
        }

    def test_a_segment_of_another_newsletter_is_refused(self, editor):
        other = Newsletter.objects.create(slug="other", title="Other")
        page = write(editor, readers=str(make_segment(newsletter=other).pk))
        assert "readers" in page.context["adminform"].form.errors
        assert not Issue.objects.exists()

    @pytest.mark.parametrize("choice", ["99", "x", "kept", "' OR 1=1"])
    def test_a_choice_that_is_none_is_refused(self, editor, choice):
        page = write(editor, readers=choice)
        assert "readers" in page.context["adminform"].form.errors
        assert "choice" in str(page.context["adminform"].form.errors) or messages_of(page)
        assert not Issue.objects.exists()
