"""Every answer protects the reader's browser, whatever part of the site gave it."""

import pytest
from django.test import Client, override_settings
from django.urls import path

from tests.config import test_environment as environment
from zero2prod import urls

HTTPS = {"X-Forwarded-Proto": "https"}
PRODUCTION = {
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 63_072_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "LOCAL_MAILBOX": False,
}
"""What config/settings/production.py says of headers; the last test compares."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def fail(_request):
    raise ValueError


urlpatterns = [*urls.urlpatterns, path("broken", fail)]
handler500 = urls.handler500
TARGETS = {
    "/": 200,
    "/health_check": 200,
    "/readyz": 503,
    "/static/zero2prod/site.css": 200,
    "/issues": 301,
    "/nothing": 404,
    "/?q=%00": 400,
    "/broken": 500,
    "/admin/": 302,
    "/admin/login/": 200,
    "/issues/": 200,
    "/issues/?q=words": 200,
    "/issues/feed/": 200,
    "/issues/feed/rss/": 200,
    "/issues/nothing/": 404,
    "/sitemap.xml": 200,
    "/robots.txt": 200,
    "/theme/default.css": 200,
    "/privacy/": 200,
    "/subscriptions/link": 200,
    "/newsletters/default/": 200,
    "/newsletters/nobody/": 404,
    "/subscriptions": 405,
    "/subscriptions/confirm": 400,
    "/subscriptions/confirm?subscription_token=x": 401,
}

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def client():
    with override_settings(**PRODUCTION):
        yield Client(raise_request_exception=False)


def assert_protected(answer):
    for header, value in ALWAYS.items():
        assert answer[header] == value, header
    assert "default-src" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "Permissions-Policy" in answer.headers
    # A page whose address holds a token tells it to nobody.
    assert answer["Referrer-Policy"] in {"same-origin", "no-referrer"}


@pytest.mark.parametrize(("target", "status"), TARGETS.items())
def test_an_answer_by_https_has_every_header(client, target, status):
    answer = client.get(target, headers=HTTPS)
    assert answer.status_code == status
    assert_protected(answer)
    expected = "max-age=63072000; includeSubDomains; preload"
    assert answer["Strict-Transport-Security"] == expected
    answer.close()


@pytest.mark.parametrize("headers", [HTTPS, {}])
def test_an_answer_to_an_unknown_host_has_every_header(client, headers):
    answer = client.get("/", headers={**headers, "host": "evil.example"})
    assert answer.status_code == 400
    assert_protected(answer)


def test_plain_http_is_sent_to_https(client):
    answer = client.get("/issues/?page=2")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/issues/?page=2")
    assert_protected(answer)


@pytest.mark.parametrize("target", ["/health_check", "/readyz"])
def test_a_probe_asks_by_ip_address_and_without_tls(client, target):
    answer = client.get(target, headers={"host": "10.244.0.7:8000"})
    assert answer.status_code in {200, 503}
    assert_protected(answer)


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "/broken"])
def test_head_has_the_headers_of_get_and_no_body(client, target):
    get, head = client.get(target, headers=HTTPS), client.head(target, headers=HTTPS)
    assert head.status_code == get.status_code
    assert b"".join(head) == b""
    if not get.streaming:
        assert head["Content-Length"] == str(len(get.content))
    get.close()


def test_these_are_the_settings_of_production():
    for name, value in PRODUCTION.items():
        assert environment.setting(name, **environment.PRODUCTION) == str(value)
    assert (
        environment.setting("SESSION_COOKIE_NAME", **environment.PRODUCTION) == "__Host-sessionid"
    )
    assert environment.setting("CSRF_COOKIE_NAME", **environment.PRODUCTION) == "__Host-csrftoken"
