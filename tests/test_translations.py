"""The translations are whole, agree with the texts in the code, and are compiled."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
FUNCTIONS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
TEMPLATES = [
    path for path in sorted((ROOT / "templates").rglob("*.*")) if "admin" not in path.parts
]
PUBLIC = [
    path
    for path in TEMPLATES
    # Not for readers, or no text: a piece of a tag.
    if {"mailbox", "embedding", "proof_attributes.html"}.isdisjoint(path.parts)
]
_MARKED = re.compile(r"\bn?p?gettext\((u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+>")
# What is left of a template are its letters between tags; names of formats are no words.
_MARKUP = re.compile(
    r"{%\s*blocktrans.*?{%\s*endblocktrans\w*\s*%}|{%\s*comment.*?endcomment\s*%}|{%.*?%}|{{.*?}}"
    r"|<style>.*?</style>|<!--.*?-->|<[^>]*>|&\w+;",
    re.DOTALL,
)


def catalogue(code: str, ending: str = "po") -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / code / "LC_MESSAGES" / f"django.{ending}"))


def entries(code: str) -> list[polib.POEntry]:
    return [entry for entry in catalogue(code) if not entry.obsolete]


def forms(entry: polib.POEntry) -> list[str]:
    """Return all that may be shown for one text."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def marked_in(path: Path) -> Iterator[str]:
    """Yield the texts that a file gives to be translated."""
    if path.suffix != ".py":
        for found in _MARKED.findall(templatize(path.read_text())):
            yield ast.literal_eval(found)
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            text = node.args[0]
            if node.func.id in FUNCTIONS and isinstance(text, ast.Constant):
                yield str(text.value)


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_left_in_english_or_in_doubt(code):
    assert [entry.msgid for entry in entries(code) if not all(forms(entry))] == []
    assert [entry.msgid for entry in entries(code) if entry.fuzzy] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_is_read_is_what_was_written(code):
    """The site reads the compiled file, and no machine needs gettext to run it."""
    path = ROOT / "locale" / code / "LC_MESSAGES" / "django.mo"
    compiled = {entry.msgid: forms(entry) for entry in polib.mofile(str(path))}
    assert compiled == {entry.msgid: forms(entry) for entry in entries(code)}, "Run `make messages`"


@pytest.mark.parametrize("code", LANGUAGES)
def test_each_form_has_the_places_of_the_original(code):
    for entry in entries(code):
        originals = [set(_PLACEHOLDER.findall(entry.msgid))]
        originals.append(set(_PLACEHOLDER.findall(entry.msgid_plural)) or originals[0])
        for form in forms(entry):
            places = _PLACEHOLDER.findall(form)
            assert set(places) in originals, form
            assert len(places) <= max(
                len(_PLACEHOLDER.findall(text)) for text in (entry.msgid, entry.msgid_plural)
            ), form


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_begins_and_ends_like_its_original(code):
    for entry in entries(code):
        for form in forms(entry):
            assert form == form.strip() or entry.msgid != entry.msgid.strip(), form


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_marked_text_has_an_entry(code):
    sources = [
        *TEMPLATES,
        *(path for folder in ("newsletter", "zero2prod") for path in (ROOT / folder).rglob("*.py")),
    ]
    marked = {text for path in sources for text in marked_in(path)}
    known = {entry.msgid for entry in entries(code)}
    assert marked - known == set(), "Run `make messages` and translate"
    assert known - marked == set(), "Run `make messages`"


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_public_template_has_no_word_that_is_not_marked(path):
    left = _MARKUP.sub(" ", path.read_text())
    assert re.findall(r"[^\W\d_]{2,}", left) == []


def test_french_signs_stay_with_their_words():
    """A line must not begin with the sign that French sets after a space."""
    for entry in entries("fr"):
        assert not [form for form in forms(entry) if re.search(r" [:;?!](\s|$)", form)]
