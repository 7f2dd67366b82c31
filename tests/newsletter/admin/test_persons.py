"""One person's page: what happened, and what can be done with him."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.models import (
    Change,
    Consent,
    Note,
    Subscription,
    Suppression,
)
from tests.factories import make_delivery, make_issue, make_subscription
from tests.newsletter.admin.readers_desk import HOSTILE, LIST, messages_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return make_subscription("ursula@example.org", name="Ursula Le Guin", tags=["vip"])


class TestPerson:
    def test_his_page_tells_what_happened(self, editor, reader):
        Consent.objects.create(
            subscription=reader, act="signed_up", wording="I want it", page="/fair/"
        )
        issue = make_issue("The spring issue", state="sent", published_at=timezone.now())
        make_delivery(reader, issue, state="failed", next_at=None, error_code="bounced 550")
        make_delivery(reader, state="sent", next_at=None)
        Note.objects.create(subscription=reader, text="Called on Monday", by="amina")
        Change.objects.create(subscription=reader, act="tagged", detail="press", by="amina")
        page = editor.get(url(reader)).content.decode()
        for words in (
            "Ursula Le Guin",
            "I want it",
            "/fair/",
            "The spring issue",
            "bounced 550",
            "Confirmation",
            "Called on Monday",
            "press",
            "amina",
        ):
            assert words in page

    def test_a_long_story_takes_no_more_queries(self, editor, reader):
        def queries():
            with CaptureQueriesContext(connection) as asked:
                assert editor.get(url(reader)).status_code == 200
            return len(asked)

        few = queries()
        for number in range(10):
            issue = make_issue(f"I{number}", state="sent", published_at=timezone.now())
            make_delivery(reader, issue, state="sent", next_at=None)
            Note.objects.create(subscription=reader, text="x", by="y")
        assert queries() <= few + 1

    @pytest.mark.django_db(transaction=True)
    def test_tags_come_and_go_on_record(self, editor, reader):
        editor.post(url(reader, "tag"), {"tag": " early  bird "})
        editor.post(url(reader, "untag"), {"tag": "vip"})
        reader.refresh_from_db()
        assert reader.tags == ["early bird"]
        told = [(change.act, change.detail, change.by) for change in reader.changes.all()]
        assert told == [("tagged", "early bird", "editor"), ("untagged", "vip", "editor")]

    @pytest.mark.parametrize("tag", ["", " ", "x" * 51, "a,b", "a\u202eb"])
    def test_what_is_no_tag_is_told(self, editor, reader, tag):
        page = editor.post(url(reader, "tag"), {"tag": tag}, follow=True)
        assert "tag" in messages_of(page)
        reader.refresh_from_db()
        assert reader.tags == ["vip"]

    def test_a_note_is_kept_with_its_author(self, editor, reader):
        editor.post(url(reader, "note"), {"text": "Wrote to us."})
        note = Note.objects.get()
        assert (note.text, note.by) == ("Wrote to us.", "editor")

    @pytest.mark.parametrize("text", ["", "  ", "x" * 2001])
    def test_what_is_no_note_is_told(self, editor, reader, text):
        page = editor.post(url(reader, "note"), {"text": text}, follow=True)
        assert "note" in messages_of(page)
        assert not Note.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_he_is_unsubscribed(self, editor, reader):
        assert editor.get(url(reader, "unsubscribe")).status_code == 200
        editor.post(url(reader, "unsubscribe"))
        reader.refresh_from_db()
        assert reader.status == "unsubscribed"
        assert reader.unsubscribed_at is not None
        assert reader.consents.filter(act="withdrew").exists()

    def test_he_is_suppressed_and_the_suppression_is_lifted(self, editor, reader):
        editor.post(url(reader, "suppress"), {"note": "Lawyer's letter"})
        reader.refresh_from_db()
        suppression = Suppression.objects.of_address("URSULA@example.org").get()
        assert reader.status == "unsubscribed"
        assert (suppression.reason, suppression.by) == ("manual", "editor")
        assert b"Never mailed" in editor.get(url(reader)).content
        editor.post(url(reader, "lift"), {"note": "Settled"})
        assert not Suppression.objects.exists()
        assert reader.changes.filter(act="lifted", detail="Settled").exists()

    def test_all_that_is_held_is_exported(self, editor, reader):
        answer = editor.post(url(reader, "export"))
        assert json.loads(answer.content)["address"] == "ursula@example.org"
        assert "attachment" in answer["Content-Disposition"]
        assert b"Exported" in editor.get(url(reader)).content

    def test_he_is_erased_after_a_question(self, editor, reader):
        editor.post(url(reader, "erase"), {})
        assert Subscription.objects.exists()
        page = editor.post(url(reader, "erase"), {"sure": "on"}, follow=True)
        assert not Subscription.objects.exists()
        assert "Erased: 1 subscription and" in messages_of(page)

    @pytest.mark.parametrize("text", HOSTILE)
    def test_hostile_texts_are_shown_as_they_are(self, editor, text):
        """C11."""
        reader = make_subscription(
            f"{text}@example.org",
            name=text,
            tags=[text],
            source=text,
            language=text[:16],
            attributes={text: text},
        )
        Consent.objects.create(
            subscription=reader, act="signed_up", wording=text, page=text, user_agent=text
        )
        Note.objects.create(subscription=reader, text=text, by=text)
        Change.objects.create(subscription=reader, act="tagged", detail=text, by=text)
        for address in (LIST, url(reader), url(reader, "suppress"), f"{LIST}?tag={text}&q={text}"):
            page = editor.get(address).content.decode()
            assert "<script>alert" not in page
            assert "onerror=alert(1)>" not in page
            assert "<svg/onload" not in page
            assert 'href="javascript:' not in page


DEEDS = ("tag", "untag", "note", "unsubscribe", "suppress", "lift", "export", "erase")


class TestDoor:
    @pytest.mark.parametrize("deed", [*DEEDS, "../add", "../bulk", "../../suppression/add"])
    def test_a_foreign_form_is_refused(self, reader, deed):
        """C3."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create_superuser("editor"))
        path = url(reader, deed).replace(f"{reader.pk}/../", "").replace("subscription/../", "")
        given = {"tag": "x", "text": "x", "sure": "on", "note": "x"}
        assert client.post(path, given).status_code == 403
        token = client.get(LIST).cookies.get("csrftoken") or client.cookies.get("csrftoken")
        answer = client.post(
            path,
            {**given, "csrfmiddlewaretoken": token.value if token else ""},
            headers={"Origin": "https://evil.example"},
        )
        assert answer.status_code == 403
        reader.refresh_from_db()
        assert (reader.status, reader.tags) == ("confirmed", ["vip"])

    @pytest.mark.parametrize("deed", DEEDS)
    def test_who_may_only_look_can_do_nothing(self, reader, deed):
        user = User.objects.create_user("looker", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_subscription"))
        client = Client()
        client.force_login(user)
        page = client.get(url(reader))
        assert page.status_code == 200
        assert f"/{deed}/" not in page.content.decode()
        assert client.post(url(reader, deed), {"tag": "x", "sure": "on"}).status_code == 403

    def test_an_unknown_person_or_deed_is_not_found(self, editor, reader):
        gone = url(reader).replace(str(reader.pk), "00000000-0000-4000-8000-000000000000")
        for path in (gone, gone.replace("change", "erase"), url(reader, "nothing")):
            assert editor.get(path).status_code == 404

    def test_looking_changes_nothing(self, editor, reader):
        for deed in DEEDS:
            assert editor.get(url(reader, deed)).status_code in {200, 302}
        reader.refresh_from_db()
        assert (reader.status, reader.tags) == ("confirmed", ["vip"])
        assert not Change.objects.exists()
