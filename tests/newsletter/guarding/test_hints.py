"""Who mistypes the domain of a large service is asked; nobody else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.guarding.hints import DOMAINS, is_one_slip, meant

LETTERS = "abcdefghijklmnopqrstuvwxyz.-"


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("GMAIL.CM", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("icoud.com", "icloud.com"),
        ("laposte.nte", "laposte.net"),
    ],
)
def test_a_slip_is_seen(typed, domain):
    assert meant(f"Ursula@{typed}") == f"Ursula@{domain}"


@pytest.mark.parametrize(
    "domain",
    [*DOMAINS, "example.org", "ymail.com", "email.com", "gmx.ch", "hotmail.se", "yahoo.es", "a.b"],
)
def test_a_true_domain_is_none(domain):
    assert meant(f"ursula@{domain}") == ""


@given(st.sampled_from(DOMAINS), st.integers(0, 40), st.sampled_from(LETTERS))
def test_every_single_slip_is_one(domain, place, letter):
    at = place % len(domain)
    slips = {
        domain[:at] + letter + domain[at:],
        domain[:at] + domain[at + 1 :],
        domain[:at] + letter + domain[at + 1 :],
        domain[:at] + domain[at : at + 2][::-1] + domain[at + 2 :],
    }
    assert all(is_one_slip(slip, domain) for slip in slips - {domain})


@given(st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=8))
def test_slips_go_both_ways_but_for_length(one, other):
    if abs(len(one) - len(other)) > 1:
        assert not is_one_slip(one, other)
    assert is_one_slip(one, other) == is_one_slip(other, one)
