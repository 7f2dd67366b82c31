"""The words of a consent, as an editor writes them."""

import pytest

from newsletter.models import Wording
from newsletter.models.newsletters import newsletters_in
from tests.factories import default_newsletter, make_wording

ADD = "/admin/newsletter/wording/add/"


def write(editor, text, language="en"):
    newsletter = default_newsletter()
    return editor.post(ADD, {"newsletter": newsletter.pk, "language": language, "text": text})


def test_new_words_are_a_new_version_and_are_shown_to_visitors(editor, client):
    for text in ("First.", "Second.", "Second."):
        assert write(editor, text).status_code == 302
    assert [wording.name for wording in Wording.objects.all()] == ["en-2", "en-1"]
    newsletters_in.cache_clear()
    assert "Second." in client.get("/").text


def test_each_language_has_its_versions(editor):
    write(editor, "First.")
    write(editor, "Erste.", "de")
    assert {wording.name for wording in Wording.objects.all()} == {"en-1", "de-1"}


@pytest.mark.parametrize(("text", "language"), [("", "en"), ("x\x00", "en"), ("Words", "tlh")])
def test_what_makes_no_sense_is_refused(editor, text, language):
    assert write(editor, text, language).status_code in {200, 400}
    assert not Wording.objects.exists()


def test_what_was_shown_once_can_be_looked_at_only(editor):
    wording = make_wording("First.")
    page = f"/admin/newsletter/wording/{wording.pk}"
    assert "First." in editor.get(f"{page}/change/").text
    assert editor.post(f"{page}/change/", {"text": "Other."}).status_code == 403
    assert editor.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert "en-1" in editor.get("/admin/newsletter/wording/").text


def test_an_onlooker_writes_no_words(onlooker):
    assert write(onlooker, "Mine.").status_code == 403
