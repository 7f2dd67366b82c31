"""What the stories share: the service's processes, its mail server, a browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, sync_playwright

from tests.acceptance import browser as chromium
from tests.acceptance.mail_server import MailServer
from tests.acceptance.service import Service
from tests.factories import default_newsletter
from tests.ports import unused_port


@pytest.fixture
def slow_web(transactional_db):
    """The newsletter of the stories, with a name, a line and a postal address of its own."""
    newsletter = default_newsletter()
    newsletter.title, newsletter.tagline = "The Slow Web", "One essay a month."
    newsletter.postal_address = "The Slow Web, 12 Harbour Street, 20457 Hamburg"
    newsletter.save()
    return newsletter


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that is not started yet."""
    server = MailServer(unused_port())
    yield server
    server.stop()


@pytest.fixture
def service(slow_web, mail: MailServer, tmp_path: Path) -> Iterator[Service]:
    """The service on a database of committed rows; nothing of it runs yet."""
    service = Service(unused_port(), mail, tmp_path)
    yield service
    service.close()


@pytest.fixture
def running_service(service: Service) -> Service:
    """The service as in production: web, worker, and a mail server that takes everything."""
    service.mail.start()
    service.start_worker()
    service.start_web()
    return service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not chromium.CHROMIUM:
        (pytest.fail if chromium.IS_REQUIRED else pytest.skip)(chromium.MISSING)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's synchronous API runs an event loop in here; the tests ask the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=chromium.CHROMIUM, args=chromium.FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """Return a function that opens a page; what breaks the content policy fails the test."""
    contexts, complaints = [], []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.fixture
def desk(open_page, live_server, request) -> Page:
    """The admin's first page, logged in."""
    default_newsletter()
    User.objects.create_superuser("editor", "editor@example.org", "secret")
    # Axe brings a style of its own.
    is_examined = "everybody" in request.node.name
    options = getattr(request, "param", chromium.DESKTOP)
    page = open_page(**options, base_url=live_server.url, bypass_csp=is_examined)
    page.goto("/admin/login/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    return page
