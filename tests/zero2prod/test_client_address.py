"""The client's address is the peer's, unless a proxy is named that says it."""

import pytest
from django.test import RequestFactory

from zero2prod.client_address import client_address

PEER = "10.0.0.9"


def address(**headers: str) -> str:
    return client_address(RequestFactory().get("/", REMOTE_ADDR=PEER, headers=headers))


def test_a_header_counts_for_nothing_while_no_proxy_is_named():
    assert address(**{"X-Forwarded-For": "1.2.3.4", "DO-Connecting-IP": "1.2.3.4"}) == PEER


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, nobody", PEER),
        ("203.0.113.7\n", "203.0.113.7"),
        ("unknown", PEER),
        ("", PEER),
    ],
)
def test_the_named_header_counts_if_it_is_an_address(settings, given, found):
    settings.CLIENT_IP_HEADER = "DO-Connecting-IP"
    assert address(**{"DO-Connecting-IP": given}) == found


def test_a_unix_socket_has_no_address():
    assert client_address(RequestFactory().get("/", REMOTE_ADDR="")) == ""
