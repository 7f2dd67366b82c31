import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.names import FORBIDDEN, InvalidName, parse_name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ursula Le Guin", "Ursula Le Guin"),
        ("  Ursula\u00a0", "Ursula"),
        ("Jose\u0301", "Jos\u00e9"),
        ("O'Brien, Conan & Co.", "O'Brien, Conan & Co."),
        ("{{ settings.SECRET_KEY }}".strip("{} "), "settings.SECRET_KEY"),
        ("李小龍", "李小龍"),
        ("a\u0310" * 256, "a\u0310" * 256),
        ("ё" * 256, "ё" * 256),
    ],
)
def test_a_name_is_trimmed_and_composed(typed, stored):
    assert parse_name(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "\u00a0\u3000",
        "a" * 257,
        "a\u0310" * 257,
        "a" + "\u0310" * 1024,
        "Ur\0sula",
        "Ursula\r\nBcc: all@example.org",
        "Ursula\t",
        "Ursula\x1b[31m",
        "Ursula\x85",
        "Ursula\u202e",
        "Ur\u200bsula",
        "Ur\ufeffsula",
        "Ursula\u2028",
        "Ursula\u2029",
        "\u3164",
        "\u2800\u115f",
        "Ursula\uffa0",
        f"Ursula{chr(0xD800)}",
        "Ursula\ufffd",
        *(f"Ursula{character}" for character in sorted(FORBIDDEN)),
    ],
)
def test_a_text_that_is_no_name_is_refused(typed):
    with pytest.raises(InvalidName):
        parse_name(typed)


@pytest.mark.parametrize("filler", ["a", "\u0310", "\uac00", " ", "\ufdfa"])
def test_a_megabyte_is_refused_at_once(filler):
    started = time.perf_counter()
    with pytest.raises(InvalidName):
        parse_name(filler * 1_000_000)
    assert time.perf_counter() - started < 0.05


@given(st.text(max_size=400))
def test_any_text_is_refused_or_becomes_a_name_that_stays_as_it_is(text):
    try:
        name = parse_name(text)
    except InvalidName:
        return
    assert name == name.strip()
    assert unicodedata.is_normalized("NFC", name)
    assert FORBIDDEN.isdisjoint(name)
    assert 1 <= len(name) <= 1024
    assert parse_name(name) == name
