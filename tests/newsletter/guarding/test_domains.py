"""Domains that take no mail are known by their own word only; a doubt is in their favour."""

import time
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingUDPServer

import pytest

from newsletter.guarding.domains import LOOKUP_SECONDS, MailExchanges, is_disposable
from tests.newsletter.doctor.servers import asking, names, served

NULL, SHOP, TWO = "null.test-site.org", "shop.test-site.org", "two.test-site.org"
RECORDS = {
    (NULL, "MX"): ["0 ."],
    (SHOP, "MX"): ["10 mail.test-site.org."],
    (TWO, "MX"): ["0 .", "10 mail.test-site.org."],
}


@contextmanager
def silence(asked):
    """A name server that hears and does not answer."""

    class Handler(BaseRequestHandler):
        def handle(self):
            asked.append(self.request)

    with served(ThreadingUDPServer(("127.0.0.1", 0), Handler)) as port, asking(port):
        yield


@pytest.mark.parametrize(
    ("domain", "refuses"),
    [(NULL, True), (NULL.upper(), True), (SHOP, False), (TWO, False), ("no.test-site.org", False)],
)
def test_only_a_null_mx_alone_refuses_mail(domain, refuses):
    with names(RECORDS):
        assert MailExchanges().refuses_mail(domain) is refuses


def test_what_was_learned_is_kept_and_costs_no_question():
    exchanges = MailExchanges()
    with names(RECORDS):
        assert exchanges.refuses_mail(NULL)
    with names({}):
        assert exchanges.refuses_mail(NULL)


def test_a_name_server_that_is_silent_refuses_nobody_and_is_left_alone():
    exchanges, asked = MailExchanges(), []
    with silence(asked):
        started = time.monotonic()
        answers = [exchanges.refuses_mail(f"d{number}.test-site.org") for number in range(50)]
        waited = time.monotonic() - started
    assert answers == [False] * 50
    assert waited < 10 * LOOKUP_SECONDS, "one lookup is waited for, and then none"
    assert len(asked) <= 3


def test_no_question_leaves_the_machine_for_reserved_names():
    asked = []
    with silence(asked):
        for domain in ("example.org", "a.example.com", "EXAMPLE.net", "x.test", "y.invalid"):
            assert not MailExchanges().refuses_mail(domain)
    assert asked == []


def test_no_name_server_at_all_refuses_nobody():
    with asking(9):
        assert not MailExchanges().refuses_mail(NULL)


@pytest.mark.parametrize(
    ("domain", "is_listed"),
    [
        ("mailinator.com", True),
        ("a.mailinator.com", True),
        ("MAILINATOR.COM", True),
        ("gmail.com", False),
        ("com", False),
    ],
)
def test_a_throw_away_domain_is_one_in_the_list_or_below(domain, is_listed):
    assert is_disposable(domain) is is_listed
