"""Search in the archive, in each language of the site."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter import searching
from newsletter.models import Newsletter
from tests.factories import default_newsletter, make_issue
from tests.newsletter.archived import other_newsletter, publish

pytestmark = pytest.mark.django_db

STEMS = {
    "en": ("The gardens of links", "garden"),
    "de": ("Die Häuser am Meer", "Haus"),
    "es": ("Las canciones del río", "canción"),
    "fr": ("Les chevaux sauvages", "cheval"),
    "ar": ("عن الكتب القديمة", "كتب"),
}
"""A subject, and a form of one of its words that it does not have."""
AS_WRITTEN = {
    "de": ("Über Größe", "uber grosse"),
    "es": ("El niño", "nino"),
    "fr": ("L'été", "ete"),
    "ar": ("أَحْمَد", "احمد"),
}


def subjects(text, newsletter=None):
    found = searching.find(newsletter or default_newsletter(), text)
    return [one.issue.subject for one in found]


@pytest.fixture
def speaking(request):
    newsletter = default_newsletter()
    newsletter.language = request.param
    newsletter.save()
    return newsletter


@pytest.mark.parametrize(
    ("speaking", "subject", "word"),
    [(code, *words) for code, words in STEMS.items()],
    indirect=["speaking"],
)
def test_a_word_is_found_in_its_other_forms(speaking, subject, word):
    publish(subject, slug="x", newsletter=speaking)
    assert subjects(word, speaking) == [subject]


@pytest.mark.parametrize(
    ("speaking", "subject", "word"),
    [(code, *words) for code, words in AS_WRITTEN.items()],
    indirect=["speaking"],
)
def test_a_word_is_found_without_accents_and_case(speaking, subject, word):
    publish(subject, slug="x", newsletter=speaking)
    assert subjects(word, speaking) == [subject]


def test_it_looks_into_subject_preheader_and_body_in_this_order():
    publish("Elsewhere", "A body with a heron.")
    publish("Lines", "Nothing.", preheader="A heron in the line")
    publish("The heron", "Nothing.")
    assert subjects("heron") == ["The heron", "Lines", "Elsewhere"]


def test_it_reads_what_a_reader_reads():
    publish("One", "[words](https://address.example/secretpath) <script>code</script>")
    assert subjects("words") == ["One"]
    assert subjects("secretpath") == subjects("code") == subjects("href") == []


def test_phrases_alternatives_and_exclusions_are_understood():
    publish("Red house")
    publish("House red")
    publish("Blue house")
    assert subjects('"red house"') == ["Red house"]
    assert subjects("house -red") == ["Blue house"]
    assert len(subjects("red or blue")) == 3


def test_a_draft_is_not_known_to_search():
    make_issue("A secret plan")
    assert subjects("secret") == []


def test_each_newsletter_has_its_own():
    publish("Heron")
    assert subjects("heron", other_newsletter()) == []


def test_what_was_found_is_marked_and_all_else_escaped(client):
    publish("One", 'first < second & "third" herons \ue000 fly \\<i\\> slowly')
    excerpt = searching.find(default_newsletter(), "heron")[0].excerpt
    assert "<mark>herons</mark>" in excerpt
    assert "first &lt; second &amp; &quot;third&quot;" in excerpt
    assert excerpt.count("<") == 2
    assert "<mark>herons</mark>" in client.get("/issues/?q=heron").text


def test_a_very_long_issue_is_published_and_found():
    different = " ".join(f"word{number}" for number in range(200_000))
    publish("Long", different)
    assert subjects("word77") == ["Long"]


def test_the_best_are_shown_and_that_there_are_more(client):
    for number in range(searching.MOST_RESULTS + 1):
        publish(f"Heron {number}")
    text = client.get("/issues/?q=heron").text
    assert text.count("<li>") == searching.MOST_RESULTS
    assert f"The {searching.MOST_RESULTS} issues that match best" in text


def test_a_question_without_an_answer_is_answered(client):
    assert "No issue has these words" in client.get("/issues/?q=nothing").text
    assert client.get("/issues/?q=").status_code == 200


def test_a_question_that_nobody_types_is_refused_in_words(client):
    response = client.get("/issues/", {"q": "x" * 201})
    assert response.status_code == 400
    assert "at most 200 characters" in response.text


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(text=st.text(max_size=200))
def test_no_question_is_an_error(client, text):
    Newsletter.objects.update(language="ar")
    response = client.get("/issues/", {"q": text.encode("utf-8", "surrogatepass")})
    assert response.status_code in {200, 400}
