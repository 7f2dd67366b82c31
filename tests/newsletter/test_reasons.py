"""The ledger's codes in words."""

import pytest

from newsletter import reasons


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("550 5.1.1", "there is no such mailbox"),
        ("bounced 5.2.2", "the mailbox is full"),
        ("554 5.7.99", "refused by a security or spam policy"),
        ("550", "refused"),
        ("451", "refused for now"),
        ("http_422", "the provider's answer to our request"),
        ("worker_died", "the worker died while sending it"),
        ("connection_lost after the dot", "the connection was lost"),
        ("nobody knows", ""),
        ("", ""),
    ],
)
def test_a_code_has_a_meaning(code, words):
    assert reasons.meaning(code) == words
