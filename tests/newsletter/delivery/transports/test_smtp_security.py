"""TLS that is verified, and log-in, against a server whose certificate was made for the test."""

import pytest

from newsletter.delivery.outcomes import Outcome, Verdict
from tests import certificates
from tests.newsletter.delivery.transports.smtp_server import REPLIES, ScriptedServer
from tests.newsletter.delivery.transports.test_smtp import send, transport_to

pytestmark = certificates.needs_openssl

STARTTLS = {"EHLO": b"250-test\r\n250 STARTTLS\r\n"}
AUTH = {"EHLO": b"250-test\r\n250 AUTH PLAIN LOGIN\r\n"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certificates.self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls(certificate):
    """What the server needs; no client trusts it yet."""
    return certificates.shown_by_a_server(certificate)


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def send_over(server, scheme, credentials="", number=2):
    transport = transport_to(server, scheme, credentials)
    try:
        return send(server, number, transport=transport)
    finally:
        transport.close()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("scheme", "script"), [("smtp+tls", STARTTLS), ("smtps", {"EHLO": REPLIES["EHLO"]})]
)
def test_mail_goes_over_tls_to_who_proves_his_name(tls, scheme, script):
    with ScriptedServer(script, tls=tls, implicit_tls=scheme == "smtps") as server:
        outcomes = send_over(server, scheme)
    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert server.verbs["STARTTLS"] == (scheme == "smtp+tls")


@pytest.mark.parametrize(("scheme", "script"), [("smtp+tls", STARTTLS), ("smtps", {})])
def test_an_unknown_certificate_gets_no_mail_and_no_password(tls, scheme, script):
    with ScriptedServer(script, tls=tls, implicit_tls=scheme == "smtps") as server:
        outcomes = send_over(server, scheme, "me:secret@")
    assert outcomes == [Outcome(Verdict.RELEASED, "tls_failed", provider_failed=True)] * 2
    assert server.verbs["MAIL"] == server.verbs["AUTH"] == 0


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_gets_no_mail(tls):
    with ScriptedServer(STARTTLS, tls=tls) as server:
        transport = transport_to(server, "smtp+tls")
        transport._url = transport._url._replace(netloc=f"localhost:{server.port}")
        [outcome] = send(server, transport=transport)
        transport.close()
    assert (outcome.verdict, outcome.code) == (Verdict.RELEASED, "tls_failed")
    assert server.mails == []


@pytest.mark.parametrize(
    ("script", "code"), [({}, "not_supported"), (STARTTLS | {"STARTTLS": b"454 No\r\n"}, "454")]
)
def test_a_server_without_tls_gets_no_mail_where_tls_was_asked_for(script, code):
    with ScriptedServer(script) as server:
        [outcome] = send_over(server, "smtp+tls", number=1)
    assert outcome == Outcome(Verdict.RELEASED, code, provider_failed=True)
    assert server.verbs["MAIL"] == 0


def test_a_log_in_is_done_once_a_connection():
    with ScriptedServer(AUTH) as server:
        outcomes = send_over(server, "smtp", "me%40example.org:p%40ss@")
    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    [said] = [command for command in server.commands if command.startswith("AUTH")]
    assert said == "AUTH PLAIN AG1lQGV4YW1wbGUub3JnAHBAc3M="


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (AUTH | {"AUTH": b"535 5.7.8 Wrong\r\n"}, "535 5.7.8"),
        (AUTH | {"AUTH": b"454 4.7.0 Later\r\n"}, "454 4.7.0"),
        ({}, "not_supported"),
    ],
)
def test_a_refused_log_in_costs_no_attempt(script, code):
    with ScriptedServer(script) as server:
        [outcome] = send_over(server, "smtp", "me:wrong@", number=1)
    assert outcome == Outcome(Verdict.RELEASED, code, provider_failed=True)


def test_a_password_that_cannot_be_said_costs_no_attempt_and_makes_no_doubt():
    with ScriptedServer(AUTH) as server:
        [outcome] = send_over(server, "smtp", "me:p%C3%A4ss@", number=1)
    assert outcome == Outcome(Verdict.RELEASED, "credentials_not_ascii", provider_failed=True)
