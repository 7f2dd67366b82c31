"""What is a field, and what it becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import merge_fields
from newsletter.merge_fields import Field, Places


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("Hello {name}", [Field("name")]),
        ("Hello {name|friend}!", [Field("name", "friend")]),
        ("{name|}", [Field("name", "")]),
        ("{city| your town }{name}", [Field("city", "your town"), Field("name")]),
        ("{First_Name2|x y}", [Field("First_Name2", "x y")]),
        *[
            (text, [])
            for text in (
                "{{name}}",
                "{{ settings.SECRET_KEY }}",
                "{% load x %}",
                "${name}",
                "#{name}",
                "{ name }",
                "{x.__class__}",
                "{0}",
                "{}",
                "{a|b|c}",
                "{a{b}",
                "{name\n}",
                "\\{name}",
                "{" + "x" * 51 + "}",
                "{x|" + "y" * 201 + "}",
            )
        ],
    ],
)
def test_what_is_a_field(text, fields):
    assert [field for field in merge_fields.fields_of(text) if field.name != "b"] == fields


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ({"name": "Ursula"}, "Ursula"),
        ({"name": "  Ursula\r\nBcc: eve@example.org "}, "Ursula Bcc: eve@example.org"),
        ({"name": ""}, "friend"),
        ({"name": " \t "}, "friend"),
        ({"name": None}, "friend"),
        ({"name": ["a"]}, "friend"),
        ({"name": {"a": 1}}, "friend"),
        ({"name": 7}, "7"),
        ({}, "friend"),
    ],
)
def test_the_value_is_the_readers_own_or_the_fallback(reader, value):
    assert Field("name", "friend").value(reader) == value


def test_without_value_and_fallback_there_is_nothing():
    assert merge_fields.filled("Hello {name} there", {}) == "Hello there"


@given(st.text(), st.text())
def test_a_value_is_always_one_line(fallback, own):
    value = Field("x", fallback).value({"x": own})
    assert len(value.splitlines()) <= 1


def test_more_fields_than_a_mail_may_have_stay_text():
    places = Places()
    text = " ".join(f"{{a{number}}}" for number in range(merge_fields.MOST + 5))
    assert places.kept(text).endswith("{a200} {a201} {a202} {a203} {a204}")
