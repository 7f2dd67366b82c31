"""A mail scanner opens every link, runs every script, and changes nothing (hole S8)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from newsletter.models import Consent, Delivery, Subscription, Suppression
from tests.acceptance.service import Service
from tests.factories import make_delivery, make_issue, make_subscription
from tests.processes import eventually

KINDS = ("confirmation", "reminder", "access", "address", "issue")
NEW = "new@example.org"


def everything() -> list[Any]:
    """Return all that a link of a mail could change."""
    return [
        sorted(Subscription.objects.values_list(), key=str),
        sorted(Consent.objects.values_list(), key=str),
        sorted(Suppression.objects.values_list(), key=str),
        sorted(Delivery.objects.values_list("pk", "kind", "recipient", "state"), key=str),
    ]


@pytest.fixture
def mailed(service: Service) -> Service:
    """A mail of every kind has arrived."""
    pending = make_subscription("paul@example.org", status="pending_confirmation")
    reader = make_subscription("ursula@example.org")
    long_ago = timezone.now() - timedelta(days=1)
    make_delivery(pending)
    make_delivery(pending, kind="reminder")
    make_delivery(reader, kind="access")
    make_delivery(reader, kind="address", recipient=NEW)
    issue = make_issue(
        state="sending", audience_size=1, published_at=long_ago, audience_at=long_ago
    )
    make_delivery(reader, issue)
    service.mail.start()
    service.start_worker()
    service.start_web()
    assert eventually(lambda: Delivery.objects.filter(state="sent").count() == len(KINDS))
    return service


def links_of(service: Service) -> set[str]:
    found = set()
    for letter in service.mail.letters:
        for kind in ("plain", "html"):
            text = letter.part(kind).replace("&amp;", "&")
            addresses = re.findall(rf"{re.escape(service.url)}[^\s\"<>)]*", text)
            found |= {address.rstrip(".,") for address in addresses}
        found |= set(re.findall(r"<(http[^>]+)>", letter.message.get("List-Unsubscribe", "")))
    return found


def test_opening_and_running_everything_changes_nothing(mailed, open_page):
    before = everything()
    links = links_of(mailed)
    routes = {re.sub(r"\?.*", "", link.removeprefix(mailed.url)) for link in links}
    assert routes >= {
        "/subscriptions/confirm",
        "/subscriptions/mine",
        "/subscriptions/address",
        "/subscriptions/unsubscribe",
        "/subscriptions/preferences",
    }
    page = open_page()
    for link in sorted(links):
        page.goto(link, wait_until="networkidle")
        for place in page.locator(":is(a, button, input):visible").all():
            place.hover(force=True)
        further = page.locator("a[href]").evaluate_all("found => found.map(one => one.href)")
        for address in further:
            if address.startswith(mailed.url):
                page.goto(address, wait_until="networkidle")
    for link in links:
        for method in ("HEAD", "GET", "OPTIONS"):
            answer = mailed.request(method, link)
            assert answer.status_code in {200, 204, 301, 302, 405}, (method, link)
    assert everything() == before


def test_no_link_of_a_mail_is_in_a_log_or_a_referer(mailed, open_page):
    """Hole S7: tokens stay between the mailbox and the page."""
    asked: list[str] = []
    page = open_page()
    page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    tokens = set()
    for link in sorted(links_of(mailed)):
        page.goto(link, wait_until="networkidle")
        tokens |= set(re.findall(r"token=([\w.-]+)", link))
    assert tokens
    written = mailed.log("web") + mailed.log("worker") + "\n".join(asked)
    assert [token for token in tokens if token in written] == []
