"""Each numbered check finds its mistake and is silent otherwise."""

from email.headerregistry import Address
from urllib.parse import urlsplit

import pytest
from django.core.checks import run_checks

from tests.factories import default_newsletter

LIVE = {
    "BASE_URL": "https://news.zero2prod.dev",
    "ALLOWED_HOSTS": ["news.zero2prod.dev"],
    "EMAIL_SENDER": Address("News", addr_spec="news@zero2prod.dev"),
    "EMAIL_URL": urlsplit("smtp+tls://mail.zero2prod.dev"),
    "STAFF_TWO_STEP_REQUIRED": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "CLIENT_IP_HEADER": "DO-Connecting-IP",
}
EVERYWHERE = {"ALLOWED_HOSTS": ["*"]}


def found(**options) -> set[str]:
    messages = run_checks(include_deployment_checks=True, **options)
    assert all(message.hint for message in messages if message.id.startswith("zero2prod."))
    return {message.id for message in messages if message.id.startswith("zero2prod.")}


@pytest.mark.parametrize(
    ("mistake", "ids"),
    [
        ({}, set()),
        ({"ALLOWED_HOSTS": ["other.dev"]}, {"zero2prod.E001"}),
        ({"ALLOWED_HOSTS": [".zero2prod.dev"]}, set()),
        ({"BASE_URL": "http://news.zero2prod.dev"}, {"zero2prod.W001"}),
        ({"BASE_URL": "https://localhost:8000", **EVERYWHERE}, {"zero2prod.W002"}),
        ({"BASE_URL": "https://127.0.0.1", **EVERYWHERE}, {"zero2prod.W002"}),
        ({"BASE_URL": "https://10.1.2.3", **EVERYWHERE}, {"zero2prod.W002"}),
        ({"BASE_URL": "https://[::1]", **EVERYWHERE}, {"zero2prod.W002"}),
        (
            {"EMAIL_SENDER": Address("Newsletter", addr_spec="newsletter@example.com")},
            {"zero2prod.W003"},
        ),
        ({"EMAIL_URL": urlsplit("maildir:///var/mail")}, {"zero2prod.W004"}),
        ({"STAFF_TWO_STEP_REQUIRED": False}, {"zero2prod.W006"}),
        ({"CLIENT_IP_HEADER": ""}, {"zero2prod.W007"}),
        ({"CLIENT_IP_HEADER": "", "SECURE_PROXY_SSL_HEADER": None}, set()),
    ],
)
def test_a_mistake_has_its_number(settings, mistake, ids):
    for name, value in {**LIVE, **mistake}.items():
        setattr(settings, name, value)
    assert found() == ids


def test_a_newsletter_needs_a_postal_address(settings, db):
    for name, value in LIVE.items():
        setattr(settings, name, value)
    newsletter = default_newsletter()
    assert found(databases=["default"]) == {"zero2prod.W005"}
    newsletter.postal_address = "1 Main Street, Springfield"
    newsletter.save(update_fields=["postal_address"])
    assert found(databases=["default"]) == set()
