"""Search in the archive: PostgreSQL's full text, in the newsletter's language.

An issue is found by its words' stems in that language, and by the words as they are written but for
case and accents, so that names, foreign words and who types without accents find it too.
"""

import unicodedata
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Left
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from newsletter import merge_fields
from newsletter.models import Issue, Newsletter
from newsletter.rendering.markdown import to_words

MOST_RESULTS = 20
LONGEST_QUERY = 200
"""Characters; nobody types more."""

_LONGEST_TEXT = 100_000
"""Characters of an issue that are searched: a tsvector holds one megabyte."""
_LONGEST_EXCERPTED = 20_000
_STEMMERS = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "ar": "arabic"}
_AS_WRITTEN = "simple"
_GAP = "q7z8x9gap"
"""Between the two readings of a text, so that no phrase is found across them."""
_START, _STOP = "\ue000", "\ue001"
"""Private characters around what was found, until the rest is escaped."""
_NO_MARKS = str.maketrans("", "", _START + _STOP)
_EXCERPT: dict[str, Any] = {
    "start_sel": _START,
    "stop_sel": _STOP,
    "max_words": 32,
    "min_words": 16,
    "max_fragments": 1,
}


@dataclass(frozen=True, slots=True)
class Found:
    issue: Issue
    excerpt: SafeString
    """Escaped, with the words that were found in <mark>."""


def learn(issue: Issue) -> None:
    """Set `Issue.words` and `Issue.search_vector`, for publishing to save with the frozen text."""
    issue.words = to_words(issue.body)[:_LONGEST_TEXT].translate(_NO_MARKS)
    weighed = {
        "A": merge_fields.filled(issue.subject, {}),
        "B": merge_fields.filled(issue.preheader, {}),
        "C": issue.words,
    }
    stemmer = _stemmer(issue.newsletter)
    stems = [_vector(text, stemmer, weight) for weight, text in weighed.items()]
    written = [_vector(_folded(text), _AS_WRITTEN, weight) for weight, text in weighed.items()]
    issue.search_vector = reduce(add, [*stems, _vector(_GAP, _AS_WRITTEN, "D"), *written])


def find(newsletter: Newsletter, text: str) -> list[Found]:
    """Return the issues of the public archive that match best, at most MOST_RESULTS and one more.

    The text may have "phrases", `or` and -exclusions; nothing in it is an error.
    """
    stemmer = _stemmer(newsletter)
    stems = SearchQuery(text, config=stemmer, search_type="websearch")
    query = stems | SearchQuery(_folded(text), config=_AS_WRITTEN, search_type="websearch")
    # PostgreSQL makes the excerpts last, and only of the rows that it returns.
    excerpt = SearchHeadline(
        Left(Coalesce("words", Value("")), _LONGEST_EXCERPTED), stems, config=stemmer, **_EXCERPT
    )
    issues: Any = (  # annotated with an excerpt, which the stubs do not follow
        newsletter.issues.listed()
        .filter(search_vector=query)
        .annotate(excerpt=excerpt)
        .order_by(SearchRank(F("search_vector"), query).desc(), "-published_at", "-id")
        .defer("body", "words", "search_vector")[: MOST_RESULTS + 1]
    )
    return [Found(issue, _marked(issue.excerpt)) for issue in issues]


def _vector(text: str, config: str, weight: str) -> SearchVector:
    return SearchVector(Value(text), config=config, weight=weight)


def _marked(headline: str) -> SafeString:
    """Escape everything, then put the tags in the places of the private characters."""
    marked = escape(headline).replace(_START, "<mark>").replace(_STOP, "</mark>")
    return mark_safe(marked)  # noqa: S308 - escaped one line above


def _stemmer(newsletter: Newsletter) -> str:
    return _STEMMERS.get(newsletter.language, _AS_WRITTEN)


def _folded(text: str) -> str:
    """Return a text without case, accents, Arabic vowel signs and the like."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
