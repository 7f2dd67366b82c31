"""Each part's findings, with servers of the tests' own."""

from datetime import timedelta
from email.headerregistry import Address
from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from newsletter.doctor import Grade, configuration, database, domain, examine, letters, provider
from newsletter.doctor import site as site_part
from newsletter.models import Installation, IssueCount, Provider, Worker
from tests import certificates
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription
from tests.newsletter.delivery.transports.smtp_server import ScriptedServer
from tests.newsletter.doctor import servers

pytestmark = pytest.mark.django_db

DOMAIN = "slowweb.dev"
SPF = '"v=spf1 include:spf.provider.dev ~all"'
KEY = '"v=DKIM1; p=MIIB"'
DMARC = '"v=DMARC1; p=none"'


@pytest.fixture(autouse=True)
def sender(settings):
    settings.EMAIL_SENDER = Address("The Slow Web", addr_spec=f"editor@{DOMAIN}")


def grades(findings):
    """Return the grade of each part."""
    return {finding.part: finding.grade.value for finding in findings}


def says(findings):
    return "\n".join(map(str, findings))


@pytest.mark.parametrize(
    ("records", "part", "grade"),
    [
        ({(DOMAIN, "TXT"): [SPF]}, "SPF", "ok"),
        ({(DOMAIN, "TXT"): ['"other=1"', SPF]}, "SPF", "ok"),
        ({}, "SPF", "warn"),
        ({(DOMAIN, "TXT"): [SPF, '"v=spf1 -all"']}, "SPF", "fail"),
        ({(DOMAIN, "TXT"): ['"v=spf1 +all"']}, "SPF", "fail"),
        ({(f"default._domainkey.{DOMAIN}", "TXT"): [KEY]}, "DKIM", "ok"),
        ({(f"mine._domainkey.{DOMAIN}", "TXT"): [KEY]}, "DKIM", "warn"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [DMARC]}, "DMARC", "ok"),
        ({(f"_dmarc.{DOMAIN}", "TXT"): [DMARC, DMARC + ' "x"']}, "DMARC", "fail"),
        ({}, "DMARC", "warn"),
        ({(DOMAIN, "MX"): ["10 mx.slowweb.dev."]}, "MX", "ok"),
        ({(DOMAIN, "A"): ["192.0.2.1"]}, "MX", "ok"),
        ({}, "MX", "warn"),
    ],
)
def test_the_senders_domain_by_its_records(records, part, grade):
    with servers.names(records):
        assert grades(domain.examine())[f"{part} of {DOMAIN}"] == grade


def test_a_policy_of_the_domain_above_counts(settings):
    settings.EMAIL_SENDER = Address("", addr_spec=f"editor@news.{DOMAIN}")
    with servers.names({(f"_dmarc.{DOMAIN}", "TXT"): [DMARC]}):
        assert grades(domain.examine())[f"DMARC of news.{DOMAIN}"] == "ok"


def test_offline_there_is_nothing_to_tell(free_port):
    with servers.asking(free_port):
        [finding] = domain.examine()
    assert finding.grade is Grade.WARN
    assert "cannot tell" in finding.says


def test_an_examples_domain_is_nobodys(settings):
    settings.EMAIL_SENDER = Address("", addr_spec="editor@example.com")
    assert grades(domain.examine()) == {"domain example.com": "warn"}


@pytest.mark.parametrize(
    ("replies", "user", "found"),
    [
        ({}, "", ["ok", "ok"]),
        ({"AUTH": "235 in"}, "me:secret@", ["ok", "ok", "ok"]),
        ({"AUTH": "535 secret is wrong"}, "me:secret@", ["ok", "fail"]),
        ({"MAIL": "550 not you"}, "", ["ok", "fail"]),
        ({"RCPT": "554 5.7.1 Access denied"}, "", ["ok", "fail"]),
        ({"RCPT": "550 5.1.1 the sender reads nothing"}, "", ["ok", "ok"]),
        ({"": "554 go away"}, "", ["fail"]),
    ],
)
def test_a_mail_server_that_is_there(settings, replies, user, found):
    with servers.mail_server(replies) as port:
        settings.EMAIL_URL = urlsplit(f"smtp://{user}127.0.0.1:{port}")
        findings = list(provider.examine())
    assert [finding.grade.value for finding in findings] == found
    assert "secret" not in says(findings)


@pytest.mark.parametrize(
    ("replies", "user", "remedy"),
    [
        ({"MAIL": "530 5.7.0 Must issue a STARTTLS command first"}, "", "Log in after TLS"),
        ({"RCPT": "554 5.7.1 Access denied"}, "", "Log in after TLS"),
        ({"MAIL": "452 4.3.1 Insufficient system storage"}, "", "its log says why"),
        ({"EHLO": "250 here"}, "me:secret@", "smtp+tls://"),
    ],
)
def test_a_mail_server_that_refuses_names_the_remedy(settings, replies, user, remedy):
    with servers.mail_server(replies) as port:
        settings.EMAIL_URL = urlsplit(f"smtp://{user}127.0.0.1:{port}")
        assert remedy in list(provider.examine())[-1].remedy


@certificates.needs_openssl
@pytest.mark.parametrize(
    ("known", "names", "reason"),
    [(False, "IP:127.0.0.1", "self-signed certificate"), (True, "DNS:other.example", "mismatch")],
)
def test_a_certificate_that_does_not_count(settings, tmp_path, monkeypatch, known, names, reason):
    certificate = certificates.self_signed(tmp_path, names)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    tls = certificates.shown_by_a_server(certificate)
    with ScriptedServer({"EHLO": b"250-test\r\n250 STARTTLS\r\n"}, tls=tls) as server:
        settings.EMAIL_URL = urlsplit(f"smtp+tls://127.0.0.1:{server.port}")
        [finding] = provider.examine()
    assert finding.grade is Grade.FAIL
    assert reason in finding.says
    assert "SSL_CERT_FILE" in finding.remedy


def test_a_mail_server_that_is_not_there(settings, free_port):
    settings.EMAIL_URL = urlsplit(f"smtp://127.0.0.1:{free_port}")
    [finding] = provider.examine()
    assert finding.grade is Grade.FAIL
    assert "ConnectionRefusedError" in finding.says


def test_a_providers_api(settings, free_port):
    with servers.site(404) as url:
        settings.EMAIL_URL = urlsplit(f"postmark://key?api_url={url}/")
        assert grades(provider.examine()) == {"mail provider": "ok"}
    settings.EMAIL_URL = urlsplit(f"postmark://key?api_url=http://127.0.0.1:{free_port}/")
    assert grades(provider.examine()) == {"mail provider": "fail"}


@pytest.mark.parametrize(
    ("status", "body", "grade"),
    [(200, b"", "warn"), (200, b"parked", "fail"), (404, b"", "fail"), (301, b"", "fail")],
)
def test_the_base_url_leads_here(settings, status, body, grade):
    with servers.site(status, body) as settings.BASE_URL:
        assert grades(site_part.examine()) == {"base URL": grade}


def test_the_base_url_leads_nowhere(settings, free_port):
    settings.BASE_URL = f"http://127.0.0.1:{free_port}"
    assert grades(site_part.examine()) == {"base URL": "fail"}


def test_a_rendered_mail_is_in_order():
    assert grades(letters.examine()) == {"mail of “Newsletter”": "ok"}


def test_a_newsletter_needs_a_postal_address():
    assert grades(configuration.examine())["postal address"] == "warn"
    newsletter = default_newsletter()
    newsletter.postal_address = "12 Harbour Street, Hamburg"
    newsletter.save()
    assert grades(configuration.examine())["postal address"] == "ok"


def test_a_live_service_hears_what_check_deploy_says(settings):
    settings.METRICS_OPEN = False
    found = grades(configuration.examine())
    assert found["configuration (zero2prod.W001)"] == "warn"
    assert found["metrics"] == "warn"


def test_a_sound_database():
    assert set(grades(database.examine()).values()) == {"ok"}


def test_a_server_that_does_not_wait_for_its_disk_is_not_sound():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    found = list(database.examine())
    assert grades(found)["durability"] == "warn"
    assert "synchronous_commit is off" in says(found)


def test_clocks_that_are_apart_are_told():
    with connection.cursor() as cursor:
        cursor.execute(ANOTHER_CLOCK)
    found = list(database.examine())
    assert grades(found)["clock"] == "warn"
    assert "120 s apart" in says(found)


ANOTHER_CLOCK = """
CREATE SCHEMA elsewhere;
CREATE FUNCTION elsewhere.clock_timestamp() RETURNS timestamptz LANGUAGE sql
    AS $$ SELECT pg_catalog.clock_timestamp() + interval '2 minutes' $$;
SET LOCAL search_path = elsewhere, public, pg_catalog
"""


def test_a_restored_copy_fails():
    Installation.objects.is_restored()
    Installation.objects.update(database="1")
    assert grades(database.examine())["restored copy"] == "fail"


def test_a_delivery_that_works():
    Worker.objects.create(host="here", pid=1)
    assert set(grades(database.examine_delivery()).values()) == {"ok"}


def test_a_delivery_that_does_not():
    long_ago = timezone.now() - timedelta(hours=1)
    make_delivery(make_subscription(), next_at=long_ago)
    Provider.objects.create(name="p", opened_at=long_ago, failures=10, last_error="535 5.7.8")
    make_issue(state="sending", audience_size=1)
    IssueCount.objects.refresh()
    findings = list(database.examine_delivery())
    assert grades(findings) == {
        "worker": "fail",
        "due mail": "warn",
        "provider p": "fail",
        "accounting": "fail",
    }
    assert "535 5.7.8" in says(findings)


def test_what_is_not_well_has_a_remedy_and_ends_in_1(settings, free_port):
    settings.BASE_URL = f"http://127.0.0.1:{free_port}"
    out = StringIO()
    with servers.names({}), pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=out)
    assert end.value.code == 1
    assert "fail  worker: none seen" in out.getvalue()
    with servers.names({}):
        assert all(bool(each.remedy) == (each.grade is not Grade.OK) for each in examine())


def test_warnings_alone_end_in_0(settings):
    Worker.objects.create(host="here", pid=1)
    with servers.names({}), servers.site(200) as settings.BASE_URL:
        call_command("doctor", stdout=StringIO())


def test_the_admin_shows_the_same(admin_client, settings, free_port):
    settings.BASE_URL = f"http://127.0.0.1:{free_port}"
    with servers.names({}):
        page = admin_client.get("/admin/doctor/")
    assert page.status_code == 200
    assert "none seen for 30 s" in page.text
    assert admin_client.post("/admin/doctor/").status_code == 405


def test_a_stranger_does_not_see_it(client):
    assert client.get("/admin/doctor/").status_code == 302
