"""A reader's own pages are for everybody: by axe-core, without scripts, by keyboard, on a phone."""

import pytest
from playwright.sync_api import expect

from newsletter import links
from newsletter.models import Newsletter, Subscription
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import make_delivery, make_subscription

LARGEST = 15_000


@pytest.fixture
def site(live_server, settings, slow_web):
    settings.BASE_URL = live_server.url
    Newsletter.objects.create(slug="fast", title="The Fast Web", tagline="Every day.")
    return live_server.url


@pytest.fixture
def reader(site):
    return make_subscription(name="Ursula")


def addresses(reader):
    """Return every page behind the links of this reader's mails."""
    waits = Subscription.Status.PENDING_CONFIRMATION
    pending = make_subscription("paul@example.org", status=waits)
    move = make_delivery(reader, kind="address", recipient="new@example.org")
    token = links.confirmation_token(pending.pk)
    own = links.unsubscribe_token(reader.pk)
    return {
        "link": "/subscriptions/link",
        "privacy": "/privacy/",
        "confirm": f"/subscriptions/confirm?subscription_token={token}",
        "unsubscribe": f"/subscriptions/unsubscribe?token={own}",
        "preferences": f"/subscriptions/preferences?token={own}",
        "return": f"/subscriptions/return?token={links.undo_token(reader.pk)}",
        "mine": f"/subscriptions/mine?token={links.access_token(reader.pk)}",
        "address": f"/subscriptions/address?token={links.address_token(move.pk)}",
    }


@pytest.mark.parametrize("look", [DESKTOP, PHONE, DARK], ids=["desktop", "phone", "dark"])
def test_every_page_is_read_by_everybody(open_page, site, reader, look):
    page = open_page(**look, java_script_enabled=True)
    found = []
    for name, address in addresses(reader).items():
        answer = page.goto(site + address)
        assert answer.status == 200, name
        assert len(answer.body()) < LARGEST, name
        found += faults(page, name)
    assert found == []


def test_a_whole_visit_needs_no_script(open_page, site, reader):
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto(f"{site}/subscriptions/mine?token={links.access_token(reader.pk)}")
    page.get_by_role("button", name="30 days").click()
    expect(page.get_by_text("Paused until")).to_be_visible()
    page.get_by_label("Name").fill("Ursula L.")
    page.get_by_role("button", name="Change the name").click()
    assert page.get_by_label("Name").input_value() == "Ursula L."
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_text("next issue of The Fast Web")).to_be_visible()
    page.get_by_label("Erase everything").check()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_role("heading", name="Everything is erased")).to_be_visible()
    assert not Subscription.objects.filter(email=reader.email).exists()


def test_leaving_and_coming_back_are_two_buttons_for_the_keyboard(open_page, site, reader):
    page = open_page(**DESKTOP, java_script_enabled=False)
    page.goto(f"{site}/subscriptions/unsubscribe?token={links.unsubscribe_token(reader.pk)}")
    for heading in ("You are unsubscribed", "Welcome back"):
        button = page.get_by_role("button")
        for _ in range(5):
            if button.evaluate("element => element === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    reader.refresh_from_db()
    assert reader.status == Subscription.Status.CONFIRMED
