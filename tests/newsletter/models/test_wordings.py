import pytest

from newsletter.models import Newsletter, Wording
from tests.factories import default_newsletter, make_wording

pytestmark = pytest.mark.django_db
BUILT_IN = {
    "en": "I want to receive this newsletter by e-mail. I can leave at any time.",
    "de": "Ich möchte diesen Newsletter per E-Mail erhalten. Ich kann ihn jederzeit abbestellen.",
    "es": "Quiero recibir este boletín por correo electrónico. Puedo darme de baja en cualquier "
    "momento.",
    "fr": "Je souhaite recevoir cette lettre d’information par e-mail. Je peux me désabonner à "  # noqa: RUF001
    "tout moment.",
    "ar": "أريد تلقي هذه النشرة بالبريد الإلكتروني. يمكنني إلغاء الاشتراك في أي وقت.",
}
"""Consents name these words by their version: whoever rewords them needs another version."""


def current(language, newsletter=None):
    return Wording.objects.current(newsletter or default_newsletter(), language).name


def test_a_newsletter_has_words_before_somebody_writes_them():
    newsletter = default_newsletter()
    wording = Wording.objects.current(newsletter, "en")
    assert (wording.name, wording.text) == ("en-0", newsletter.consent_wording)
    assert Wording.objects.named(newsletter, "en-0").text == newsletter.consent_wording


@pytest.mark.parametrize("language", BUILT_IN)
def test_the_words_of_the_beginning_are_in_the_language_of_the_page(language):
    newsletter = default_newsletter()
    wording = Wording.objects.current(newsletter, language)
    assert (wording.name, wording.language) == (f"{language}-0", language)
    assert wording.text == BUILT_IN[language]
    assert Wording.objects.named(newsletter, f"{language}-0").text == BUILT_IN[language]
    newsletter.language = language
    assert Wording.objects.current(newsletter, "").name == f"{language}-0"


def test_words_of_its_own_from_before_there_were_versions_are_not_translated():
    newsletter = default_newsletter()
    newsletter.consent_wording = "Send it to me."
    assert Wording.objects.current(newsletter, "de").text == "Send it to me."
    assert current("de", newsletter) == "en-0"
    assert Wording.objects.named(newsletter, "de-0") is None


@pytest.mark.parametrize("name", ["xx-0", "-0", "0", "de-00", "en-01", "de-at-0", "\ud800-0"])
def test_there_are_no_words_in_a_language_that_nobody_speaks(name):
    assert Wording.objects.named(default_newsletter(), name) is None


@pytest.mark.parametrize(
    ("language", "name"), [("en", "en-2"), ("de", "de-1"), ("fr", "en-2"), ("", "en-2")]
)
def test_the_latest_words_of_a_language_count_or_else_those_of_the_newsletter(language, name):
    for text, of in (("First", "en"), ("Second", "en"), ("Erste", "de")):
        make_wording(text, language=of)
    assert current(language) == name


def test_old_versions_are_found_by_their_names():
    for text in ("First", "Second"):
        make_wording(text)
    assert Wording.objects.named(default_newsletter(), "en-1").text == "First"


def test_words_younger_than_what_the_door_knows_are_found():
    make_wording("First")
    kept = Newsletter.objects.prefetch_related("wordings").get()
    make_wording("Second")
    assert Wording.objects.named(kept, "en-2").text == "Second"
    assert Wording.objects.named(kept, "en-3") is None


def test_another_newsletters_words_are_not_this_ones():
    other = Newsletter.objects.create(slug="other", title="Other")
    make_wording("First")
    assert Wording.objects.named(other, "en-1") is None
    assert current("en", other) == "en-0"
