import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from django.core import signing
from hypothesis import given
from hypothesis import strategies as st

from newsletter import links
from newsletter.links import InvalidToken

READER = UUID("6f0a1f6e-6a0c-4f0b-9d3c-3a3f0c0a1b2c")

PURPOSES = {
    "confirm": (links.confirmation_token, lambda token: links.read_confirmation_token(token)[0]),
    "leave": (links.unsubscribe_token, links.read_unsubscribe_token),
    "access": (links.access_token, lambda token: links.read_access_token(token)[0]),
    "address": (links.address_token, links.read_address_token),
    "undo": (links.undo_token, lambda token: links.read_undo_token(token)[0]),
}


@pytest.fixture(params=PURPOSES)
def purpose(request):
    return PURPOSES[request.param]


@given(reader=st.uuids())
def test_a_token_names_its_reader(reader):
    for make, read in PURPOSES.values():
        assert read(make(reader)) == reader


def test_a_token_stands_in_an_address_as_it_is(purpose):
    make, _ = purpose
    assert re.fullmatch(r"[\w.-]+", make(READER), re.ASCII)


def test_a_token_of_one_purpose_serves_no_other():
    for name, (make, _) in PURPOSES.items():
        for other, (_, read) in PURPOSES.items():
            if other != name:
                with pytest.raises(InvalidToken):
                    read(make(READER))


def test_no_changed_letter_goes_unnoticed(purpose):
    make, read = purpose
    token = make(READER)
    for position, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        with pytest.raises(InvalidToken):
            read(token[:position] + other + token[position + 1 :])


@given(garbage=st.text(max_size=200))
def test_garbage_is_no_token(garbage):
    for _, read in PURPOSES.values():
        with pytest.raises(InvalidToken):
            read(garbage)


@pytest.mark.parametrize("packed", ["", "AAAA", "A" * 21, "A" * 23, "ä" * 22, "*" * 22])
def test_a_well_signed_token_of_something_else_is_refused(packed):
    with pytest.raises(InvalidToken):
        links.read_unsubscribe_token(
            signing.Signer(sep=".", salt="newsletter.unsubscribe").sign(packed)
        )


def test_a_confirmation_says_when_it_was_made():
    _, made_at = links.read_confirmation_token(links.confirmation_token(READER))
    assert abs(datetime.now(UTC) - made_at) < timedelta(seconds=5)


class AgedSigner(signing.TimestampSigner):
    """It signs as if some time ago."""

    age = timedelta()

    def timestamp(self):
        return signing.b62_encode(int((datetime.now(UTC) - self.age).timestamp()))


@pytest.mark.parametrize(
    ("age", "works"), [(timedelta(days=6.9), True), (timedelta(days=7.1), False)]
)
def test_a_confirmation_works_for_seven_days(age, works):
    signer = AgedSigner(sep=".", salt="newsletter.confirm")
    signer.age = age
    token = signer.sign(links.confirmation_token(READER).split(".")[0])
    if works:
        assert links.read_confirmation_token(token)[0] == READER
    else:
        with pytest.raises(InvalidToken):
            links.read_confirmation_token(token)


def test_tokens_outlive_the_change_of_the_key_as_long_as_the_old_one_is_kept(purpose, settings):
    make, read = purpose
    token, old = make(READER), settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    with pytest.raises(InvalidToken):
        read(token)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert read(token) == READER


def test_a_link_is_below_the_base_and_carries_its_token(settings):
    settings.BASE_URL = "https://news.example.org/mail"
    for url, name in (
        (links.confirmation_url("a.b-c_d"), "subscription_token"),
        (links.unsubscribe_url("a.b-c_d"), "token"),
    ):
        assert url.startswith("https://news.example.org/mail/subscriptions/")
        assert parse_qs(urlsplit(url).query) == {name: ["a.b-c_d"]}


def test_two_readers_have_two_tokens(purpose):
    make, _ = purpose
    assert len({make(uuid4()) for _ in range(50)}) == 50


@given(token=st.from_regex(r"\A[A-Za-z0-9_-]{22}\.[0-9A-Za-z]{6}\.[A-Za-z0-9_-]{43}\Z"))
def test_no_token_is_guessed(token):
    for _, read in PURPOSES.values():
        with pytest.raises(InvalidToken):
            read(token)


def test_a_hundred_thousand_tokens_are_as_many():
    """Hole C22: none is constant, and none follows from another."""
    tokens = {links.unsubscribe_token(UUID(int=number)) for number in range(100_000)}
    assert len(tokens) == 100_000
    signatures = {token.split(".")[1] for token in tokens}
    assert len(signatures) == 100_000
    assert all(len(signature) == 43 for signature in signatures), "256 bits"
