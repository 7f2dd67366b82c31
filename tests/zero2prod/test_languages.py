"""Which language an answer has, and that a page's does not depend on who asks."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.utils import translation

from newsletter import links
from newsletter.models import Newsletter
from newsletter.models.newsletters import newsletters_in
from newsletter.rendering.issues import preview
from newsletter.rendering.mime import Personal
from newsletter.rendering.requests import request_template
from tests.factories import (
    default_newsletter,
    make_delivery,
    make_issue,
    make_subscription,
    make_wording,
)
from zero2prod import languages

pytestmark = pytest.mark.django_db
ISSUES = {
    "en": "Past issues",
    "de": "Bisherige Ausgaben",
    "es": "Números anteriores",
    "fr": "Numéros parus",
    "ar": "الأعداد السابقة",
}
SUBJECTS = {
    "en": "Confirm your subscription",
    "de": "Bestätigen Sie",
    "es": "Confirma tu suscripción",
    "fr": "Confirmez votre abonnement",
    "ar": "أكّد اشتراكك",
}
NOWHERE = {
    "en": "There is no page here",
    "de": "Hier ist keine Seite",
    "es": "Aquí no hay ninguna página",
    "fr": "Il n\u2019y a pas de page ici",
    "ar": "لا توجد صفحة هنا",
}


def speak(code):
    default_newsletter()
    Newsletter.objects.update(language=code)


def confirmation(newsletter, code=""):
    reader = uuid4()
    personal = Personal(reader, "ursula@example.org", links.confirmation_token(reader))
    octets = request_template("confirmation", newsletter, code).fill(personal)
    return message_from_bytes(octets, policy=default)


@pytest.mark.parametrize("code", ISSUES)
def test_a_page_speaks_its_newsletters_language(client, code):
    speak(code)
    response = client.get("/issues/")
    assert ISSUES[code] in response.text
    assert response["Content-Language"] == code
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}">' in response.text


@pytest.mark.parametrize("code", ISSUES)
def test_an_address_can_ask_for_a_language(client, code):
    speak("de")
    assert ISSUES[code] in client.get(f"/issues/?lang={code}").text


def test_an_editors_own_words_keep_their_language(client):
    speak("fr")
    make_wording("Je veux.", language="fr")
    text = client.get("/?lang=de").text
    assert re.search(r'<h1 lang="fr" dir="auto">', text)
    assert re.search(r'<p class="consent" lang="fr" dir="auto">Je veux', text)
    assert re.search(r'<h1 dir="auto">', client.get("/").text)


@pytest.mark.parametrize("code", ISSUES)
def test_the_words_of_a_consent_say_in_which_language_they_are(client, code):
    default_newsletter()
    text = client.get(f"/?lang={code}").text
    assert '<p class="consent" dir="auto">' in text
    assert f'name="wording" value="{code}-0"' in text


@pytest.mark.parametrize("wish", ["xx", "", "de_DE", "\0", "../../etc", "a" * 600, "DE-at"])
def test_a_language_that_nobody_speaks_is_no_error(client, wish):
    speak("fr")
    response = client.get("/issues/", {"lang": wish})
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        assert response["Content-Language"] in {"fr", "de"}


def test_a_page_is_the_same_whatever_the_browser_prefers(client):
    speak("es")
    make_issue("One", state="sent")
    answers = [
        client.get("/issues/", headers={"accept-language": wish})
        for wish in ("de", "ar,fr;q=0.5", "*", "")
    ]
    assert len({answer.content for answer in answers}) == 1
    assert all("Accept-Language" not in answer["Vary"] for answer in answers)


@pytest.mark.parametrize("code", NOWHERE)
def test_an_error_that_belongs_to_no_newsletter_speaks_the_visitors_language(client, code):
    headers = {"accept-language": f"{code}-XX,{code};q=0.9,en;q=0.1", "accept": "text/html"}
    response = client.get("/nothing", headers=headers)
    assert response.status_code == 404
    assert NOWHERE[code] in response.text
    assert "Accept-Language" in response["Vary"]
    link = client.get("/subscriptions/confirm?subscription_token=x", headers=headers)
    assert (link.status_code, link["Content-Language"]) == (401, code)


def test_a_language_ends_with_its_request(client):
    client.get("/issues/?lang=ar")
    assert translation.get_language() == "en"
    assert client.get("/nothing")["Content-Language"] == "en"


def test_the_desk_speaks_english(client):
    page = client.get("/admin/login/?lang=de", headers={"accept-language": "de"})
    assert page["Content-Language"] == "en"
    assert 'lang="en' in page.text


@pytest.mark.parametrize("code", SUBJECTS)
def test_a_mail_speaks_the_readers_language_else_the_newsletters(code):
    newsletter = default_newsletter()
    newsletter.language = code
    assert confirmation(newsletter)["Subject"].startswith(SUBJECTS[code])
    newsletter.language = "en"
    mail = confirmation(newsletter, code)
    assert mail["Subject"].startswith(SUBJECTS[code])
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}">' in mail.get_body(["html"]).get_content()
    assert translation.get_language() == "en"


@pytest.mark.parametrize("code", SUBJECTS)
def test_the_frame_of_an_issue_speaks_its_newsletters_language(code):
    speak(code)
    html = preview(make_issue()).html
    with translation.override(code):
        assert translation.gettext("Unsubscribe") in html
    assert f'lang="{code}"' in html


@pytest.mark.parametrize("kind", ["confirm", "unsubscribe", "preferences", "return", "address"])
def test_the_page_behind_a_mails_link_speaks_the_readers_language(client, kind):
    reader = make_subscription(language="fr")
    move = make_delivery(reader, kind="address", recipient="new@example.org")
    path = {
        "confirm": links.confirmation_url(links.confirmation_token(reader.pk)),
        "unsubscribe": links.unsubscribe_url(links.unsubscribe_token(reader.pk)),
        "preferences": links.preferences_url(links.unsubscribe_token(reader.pk)),
        "return": f"/subscriptions/return?token={links.undo_token(reader.pk)}",
        "address": links.address_url(links.address_token(move.pk)),
    }[kind].removeprefix(site.BASE_URL)
    page = client.get(path, headers={"accept-language": "es"})
    assert page["Content-Language"] == "fr"
    assert reader.newsletter.title in page.text


def test_who_asks_for_his_link_is_spoken_to_by_the_newsletter_that_sent_him(client):
    default_newsletter()
    Newsletter.objects.create(slug="other", title="Andere", language="de")
    newsletters_in.cache_clear()
    paths = re.findall(r'href="(/subscriptions/link[^"]*)"', client.get("/newsletters/other/").text)
    assert paths == ["/subscriptions/link?newsletter=other"]
    asked = client.get(paths[0], headers={"accept-language": "es"})
    sent = client.post(paths[0], {"email": "nobody@example.org"})
    for page in (asked, sent):
        assert page["Content-Language"] == "de"
        assert "Andere" in page.text
    assert client.get("/subscriptions/link?newsletter=none")["Content-Language"] == "en"


@pytest.mark.parametrize(("own", "spoken"), [("fr", "fr"), ("", "ar")])
def test_a_readers_own_page_speaks_his_language_else_the_newsletters(client, own, spoken):
    speak("ar")
    reader = make_subscription(language=own)
    path = links.access_url(links.access_token(reader.pk)).removeprefix(site.BASE_URL)
    page = client.get(path)
    assert page["Content-Language"] == spoken
    assert f'<option value="{spoken}" selected>' in page.text


@pytest.mark.parametrize(
    ("codes", "known"),
    [(("de-AT", "fr"), "de"), (("xx", "fr"), "fr"), (("", ""), "en"), (("pt",), "en")],
)
def test_the_first_known_language_counts(codes, known):
    assert languages.known(*codes) == known


def test_the_image_keeps_the_five_languages():
    recipe = (Path(__file__).parents[2] / "Dockerfile").read_text()
    for code, _ in site.LANGUAGES:
        assert f"! -path '*/{code}/*'" in recipe
