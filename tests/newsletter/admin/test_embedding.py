"""What an editor copies works on another site as it is."""

import html
import re
from html.parser import HTMLParser

import pytest
from django.test import Client

from newsletter.embedding import snippets
from newsletter.models import Newsletter, Subscription
from newsletter.models.newsletters import newsletters_in
from tests.factories import default_newsletter

BROWSER = {"accept": "text/html"}


class Fields(HTMLParser):
    """The fields of a form, as a browser would send them untouched."""

    def __init__(self, text):
        super().__init__()
        self.given = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.action = attributes["action"]
        if tag == "input":
            self.given[attributes["name"]] = attributes.get("value", "")


@pytest.fixture
def newsletter(db):
    found = default_newsletter()
    found.title = 'Slow & "quiet" </textarea><script>alert(1)</script>'
    found.consent_wording = "I <agree> & sign."
    found.thank_you_addresses = "https://shop.example/thanks?a=1&b=2"
    found.save()
    newsletters_in.cache_clear()
    return found


def page_of(client, newsletter, part=""):
    return client.get(f"/admin/newsletter/newsletter/{newsletter.pk}/form/{part}")


def test_the_form_that_is_copied_signs_up_and_leads_back(editor, newsletter):
    shown = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page_of(editor, newsletter).text, re.S)
    form = Fields(html.unescape(shown[0]))
    fields = {**form.given, "name": "Ursula", "email": "ursula@example.org"}
    path = form.action.removeprefix("http://testserver")
    answer = Client().post(path, fields, headers=BROWSER)
    assert (answer.status_code, answer["Location"]) == (303, "https://shop.example/thanks?a=1&b=2")
    assert Subscription.objects.get().consents.get().wording == "I <agree> & sign."


def test_an_editors_title_breaks_out_of_nothing(editor, newsletter):
    for answer in (page_of(editor, newsletter), page_of(editor, newsletter, "look/")):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_the_bare_form_is_looked_at_in_a_sandbox(editor, newsletter):
    look = page_of(editor, newsletter, "look/")
    assert look["Content-Security-Policy"].startswith("sandbox;")
    assert look["X-Frame-Options"] == "SAMEORIGIN"


def test_the_form_asks_for_answers_in_the_newsletters_language(newsletter):
    newsletter.language = "de"
    assert 'action="http://testserver/subscriptions?lang=de"' in snippets(newsletter).form


def test_the_change_page_leads_to_the_form(editor, newsletter):
    page = editor.get(f"/admin/newsletter/newsletter/{newsletter.pk}/change/")
    assert 'href="../form/"' in page.text


def test_a_hidden_newsletter_has_nothing_to_copy(editor, newsletter):
    Newsletter.objects.update(is_public=False)
    page = page_of(editor, newsletter)
    assert "is hidden" in page.text
    assert "<textarea" not in page.text


def test_who_may_not_see_newsletters_gets_nothing(onlooker, newsletter):
    assert page_of(onlooker, newsletter).status_code == 403
    assert page_of(onlooker, newsletter, "look/").status_code == 403
    assert page_of(Client(), newsletter).status_code == 302


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("thank_you_addresses", "/thanks"),
        ("thank_you_addresses", "javascript:alert(1)"),
        ("thank_you_addresses", "https://user@shop.example/"),
        ("thank_you_addresses", "https://shop.example\\@evil.example/"),
        ("thank_you_addresses", "https://shop.example/a b"),
        ("framing_sites", "https://shop.example/path"),
        ("framing_sites", "shop.example"),
        ("framing_sites", "*"),
        ("framing_sites", "https://shop.example; script-src *"),
    ],
)
def test_a_line_that_is_no_address_is_named(newsletter, field, line):
    edited = newsletter  # `setattr` on a name of ours is what patches look like
    setattr(edited, field, f"https://shop.example\n{line}")
    with pytest.raises(Exception, match=r"is no (address|site) such as") as refused:
        edited.full_clean()
    assert list(refused.value.error_dict) == [field]
