"""What a cell means, and that it means the same as at the sign-up."""

import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from newsletter import addresses, names
from newsletter.importing import fields
from newsletter.models.suppressions import address_digests, digest_keys

LATEST = datetime(2026, 1, 1, tzinfo=UTC)
_LABELS = some.text("abcXYZ019-_", min_size=1, max_size=8)
_DOMAINS = some.lists(_LABELS, min_size=1, max_size=4).map(".".join)
_TOP = some.sampled_from(
    ["org", "COM", "test", "local", "invalid", "example", "onion", "xn--p1ai", "a", "1", "museum"]
)
ADDRESSES = some.one_of(
    some.builds("{}@{}.{}".format, some.text("abZ09._+-'!&/=", max_size=70), _DOMAINS, _TOP),
    some.emails(),
    some.text(max_size=30),
    some.text("a@.-_+ x", max_size=20),
)


def verdict(read, text):
    try:
        return read(text)
    except ValueError as error:
        return str(error)


@given(ADDRESSES)
def test_an_address_is_what_the_sign_up_takes(text):
    assert verdict(fields.address, text) == verdict(addresses.parse_address, text)


@pytest.mark.parametrize("local", ["a" * 64, "a" * 65, ".a", "a.", "a..b", "a'b", "ä", '"a b"'])
@pytest.mark.parametrize(
    "domain",
    "example.org xn--bcher-kva.de bücher.de a--b.org ab--c.org -a.org a-.org localhost "
    f"example.local a_b.org example.o example.org. 1.2.3.4 {'a' * 63}.org {'a' * 64}.org".split(),
)
def test_the_corners_of_an_address_are_the_sign_ups(local, domain):
    text = f"{local}@{domain}"
    assert verdict(fields.address, text) == verdict(addresses.parse_address, text)


@given(some.one_of(some.text(max_size=40), some.text('ab /()"<>\\{}é\t', max_size=300)))
def test_a_name_is_what_the_sign_up_takes_but_may_be_missing(text):
    expected = verdict(names.parse_name, text) if text.strip() else ""
    assert verdict(fields.name, text) == expected


@given(some.emails())
def test_the_digests_of_a_suppression_are_those_of_its_model(email):
    found = [hmac.digest(key, email.lower().encode(), "sha256").hex() for key in digest_keys()]
    assert found == address_digests(email)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01", "2024-03-01T00:00:00+00:00"),
        ("2024-03-01 09:30:15", "2024-03-01T09:30:15+00:00"),
        ("2024/03/01 09:30", "2024-03-01T09:30:00+00:00"),
        ("2024-03-01T09:30:00.000Z", "2024-03-01T09:30:00+00:00"),
        ("2026-05-01T10:00:00.123456789+00:00", None),
        ("2024-05-01T10:00:00.123456789+00:00", "2024-05-01T10:00:00.123456+00:00"),
        ("2024-03-01 09:30:00.123456 +0100 CET", "2024-03-01T08:30:00.123456+00:00"),
        ("2024-03-01 09:30:00.1234567 +0000 UTC", "2024-03-01T09:30:00.123456+00:00"),
        ("2024-03-01 09:30:00 -0330 -0330", "2024-03-01T13:00:00+00:00"),
        ("1.3.2024", "2024-03-01T00:00:00+00:00"),
        ("01.03.2024 09:30", "2024-03-01T09:30:00+00:00"),
        ("03/04/2024", None),
        ("31.2.2024", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1969-12-31", None),
    ],
)
def test_a_time_is_unambiguous_and_past(text, expected):
    if expected:
        assert fields.time(text, LATEST).isoformat() == expected
    else:
        with pytest.raises(ValueError, match="date"):
            fields.time(text, LATEST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a, b,a", ["a", "b"]),
        ('"VIP, gold","plain"', ["VIP, gold", "plain"]),
        ("a;b", ["a", "b"]),
        ("a|b c", ["a", "b c"]),
        (" , ", []),
    ],
)
def test_tags_are_separated_by_one_of_three_signs(text, expected):
    assert fields.tags(text, only_commas=False) == tuple(expected)


@pytest.mark.parametrize("text", ["x" * 51, "a\0b", '"open', ",".join(map(str, range(51)))])
def test_tags_that_cannot_be_are_refused(text):
    with pytest.raises(ValueError, match="tags"):
        fields.tags(text, only_commas=True)


@pytest.mark.parametrize(
    "text",
    [
        *("[1]", "{", "1", '{"a": NaN}', '{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": 1e99999}'),
        '{"a": "\\ud800", "a": "x"}',
        '{"a": ' + "1" * 5000 + "}",
    ],
)
def test_attributes_that_postgresql_cannot_hold_are_refused(text):
    with pytest.raises(ValueError, match="JSON object"):
        fields.attributes(text)


def nested(levels: int) -> str:
    return '{"a":' * (levels - 1) + "[" + "]" + "}" * (levels - 1)


def test_attributes_have_no_more_levels_than_every_page_can_show():
    assert fields.attributes(nested(100))
    assert fields.attributes(json.dumps({"a": [{"b": 1}] * 200}))
    for levels in (101, 900):
        with pytest.raises(ValueError, match="levels"):
            fields.attributes(nested(levels))
    with pytest.raises(ValueError, match=r"levels|JSON object"):
        fields.attributes(nested(1600))  # Python 3.11 reads no more than 1,000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Subscribed", "confirmed"),
        ("ENABLED", "confirmed"),
        ("abgemeldet", "unsubscribed"),
        ("blocklisted", "unsubscribed"),
        ("Opted-Out", "unsubscribed"),
        ("cleaned", "bounced"),
        ("Hard Bounce", "bounced"),
        ("pending_confirmation", "pending_confirmation"),
    ],
)
def test_a_status_is_understood_in_the_words_of_others(text, expected):
    assert fields.status(text) == expected


def test_an_unknown_status_makes_no_reader():
    with pytest.raises(ValueError, match="not known"):
        fields.status("perhaps")
