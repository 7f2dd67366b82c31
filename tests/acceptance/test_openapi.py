"""docs/openapi.yaml says what the service answers, and nothing that is asked makes it fail."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.urls import URLPattern, URLResolver, get_resolver

from newsletter import links
from newsletter.models import Newsletter
from tests.acceptance.service import ROOT, Service
from tests.factories import make_delivery, make_subscription
from tests.newsletter.archived import publish

DOCUMENT = ROOT / "docs" / "openapi.yaml"
NOT_PUBLIC = ("admin/", "mailbox/", "metrics", "webhooks/")
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
SECRET_KEY = "acceptance" * 6
"""Of the service; its links are signed here."""
TOKENS = {
    "/subscriptions/confirm": ("subscription_token", links.confirmation_token),
    "/subscriptions/confirm/again": ("subscription_token", links.confirmation_token),
    "/subscriptions/unsubscribe": ("token", links.unsubscribe_token),
    "/subscriptions/preferences": ("token", links.unsubscribe_token),
    "/subscriptions/return": ("token", links.undo_token),
    "/subscriptions/mine": ("token", links.access_token),
}


def routes(patterns, before: str = "") -> Iterator[str]:
    """Yield the paths of the URLconf as OpenAPI writes them."""
    for each in patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(each.pattern))
        if isinstance(each, URLResolver) and not path.startswith(NOT_PUBLIC):
            yield from routes(each.url_patterns, path)
        elif isinstance(each, URLPattern) and not path.startswith(NOT_PUBLIC):
            yield f"/{path}"


def test_the_document_has_the_public_routes_and_no_others():
    described = set(yaml.safe_load(DOCUMENT.read_text())["paths"])
    assert described == set(routes(get_resolver().url_patterns))


@pytest.fixture
def known(slow_web, settings, tmp_path: Path) -> Path:
    """What a fuzzer cannot guess: names that exist, and links from mails of readers."""
    settings.SECRET_KEY = SECRET_KEY
    publish("News", slug="news")
    Newsletter.objects.create(slug="other", title="Other", language="ar")
    lines = ["[parameters]", 'slug = "news"', 'newsletter = "default"', "issue = 1", "place = 0"]
    for number, (path, (name, token)) in enumerate(TOKENS.items()):
        reader = make_subscription(f"reader{number}@example.org")
        lines += _operation(path, name, token(reader.pk))
    mail = make_delivery(make_subscription(), kind="address", recipient="new@example.org")
    lines += _operation("/subscriptions/address", "token", links.address_token(mail.pk))
    file = tmp_path / "known.toml"
    file.write_text("\n".join(lines))
    return file


def _operation(path: str, name: str, value: str) -> list[str]:
    return ["[[operations]]", f'include-path = "{path}"', f'parameters = {{ {name} = "{value}" }}']


def fuzz(service: Service, cases: int, config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            *(str(DOCUMENT), "--url", service.url, "--checks", CHECKS, "--no-color"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(cases)),
            *("--continue-on-failure", "--generation-deterministic", "--warnings", "off"),
            # Without a worker the service is not ready, and says so.
            *("--exclude-path", "/readyz"),
        ],
        cwd=config.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=6 * 60 * 60,
    )


def test_whatever_is_asked_is_answered_as_described(
    service: Service, known: Path, tmp_path: Path, pytestconfig
):
    """S6: of each route strange questions, with names and links that exist and without."""
    cases = 1200 if pytestconfig.getoption("long") else 5
    service.start_web(APP_SIGNUP__LIMITS="false")
    unknown = tmp_path / "unknown.toml"
    unknown.write_text("")
    for config in (known, unknown):
        said = fuzz(service, cases, config)
        sys.stdout.write("".join(re.findall(r"^.* generated, .*\n", said.stdout, re.MULTILINE)))
        assert said.returncode == 0, said.stdout + said.stderr
    assert "[error " not in service.log("web")
