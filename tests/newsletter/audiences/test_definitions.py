"""Conditions as they are stored: what is taken, what is refused, how they are said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsletter.audiences import (
    EVERYONE,
    Condition,
    Definition,
    InvalidDefinition,
    parse,
)
from newsletter.audiences.kinds import KINDS

VIP = {"what": "has_tag", "value": "vip"}


@pytest.mark.parametrize("stored", [None, {}, {"match": "all"}, {"conditions": []}])
def test_nothing_is_everyone(stored):
    assert parse(stored) == EVERYONE
    assert str(parse(stored)) == "all readers"


@pytest.mark.parametrize(
    "stored",
    [
        "vip",
        ["vip"],
        5,
        {"where": "1=1"},
        {"match": "none"},
        {"match": ["all"]},
        {"name": 5},
        {"conditions": "vip"},
        {"conditions": ["vip"]},
        {"conditions": [{}]},
        {"conditions": [{"what": "sql", "value": "1=1"}]},
        {"conditions": [{"what": "has_tag"}]},
        {"conditions": [{"what": "has_tag", "value": 5}]},
        {"conditions": [{"what": "has_tag", "value": "vip", "key": "k"}]},
        {"conditions": [{"what": "has_tag", "value": "vip", "op": "="}]},
        {"conditions": [{"what": "has_tag", "value": "x" * 201}]},
        {"conditions": [{"what": "has_tag", "value": "a\0b"}]},
        {"conditions": [{"what": "has_tag", "value": "a\u202eb"}]},
        {"conditions": [{"what": "attribute_is", "value": "x"}]},
        {"conditions": [{"what": "attribute_is", "key": "k\ud800", "value": "x"}]},
        {"conditions": [{"what": "attribute_exists", "key": "k", "value": "x"}]},
        {"conditions": [{"what": "signed_up_since", "value": "yesterday"}]},
        {"conditions": [{"what": "signed_up_since", "value": "2026-02-30"}]},
        {"conditions": [{"what": "signed_up_within", "value": "-1"}]},
        {"conditions": [{"what": "signed_up_within", "value": "99999"}]},
        {"conditions": [{"what": "got_issue", "value": "1 OR 1=1"}]},
        {"conditions": [{"what": "got_issue", "value": "9" * 19}]},
        {"conditions": [VIP] * 21},
        {"except": [VIP, {"what": "sql"}]},
    ],
)
def test_what_is_no_definition_is_refused_with_a_sentence(stored):
    with pytest.raises(InvalidDefinition, match=r"\.$"):
        parse(stored)


_texts = some.text(some.characters(categories=("L", "N", "S")), min_size=1, max_size=20)
_VALUES = {"signed_up_since": "2026-01-31", "signed_up_before": "2026-01-31"}


@some.composite
def conditions(draw):
    what = draw(some.sampled_from(sorted(KINDS)))
    kind = KINDS[what]
    value = "7" if kind.fault("x") else draw(_texts)
    return Condition(
        what,
        _VALUES.get(what, value) if kind.takes_value else "",
        draw(_texts) if kind.takes_key else "",
    )


@given(
    some.lists(conditions(), max_size=3),
    some.lists(conditions(), max_size=3),
    some.booleans(),
)
def test_what_is_stored_is_read_back(wanted, unwanted, match_any):
    definition = Definition(tuple(wanted), tuple(unwanted), match_any=match_any, name="N")
    assert parse(json.loads(json.dumps(definition.as_json()))) == definition
    assert str(definition)


def test_it_is_said_in_words():
    definition = Definition(
        (Condition("has_tag", "vip"), Condition("attribute_above", "3", "orders")),
        (Condition("signed_up_within", "30"), Condition("attribute_exists", key="staff")),
        match_any=True,
        name="Friends",
    )
    assert str(definition) == (
        "Friends: has the tag vip or “orders” is more than 3, "
        "but not who signed up in the last 30 days or has the “staff”"
    )
