"""The pages of the sign-up are read by everybody: on a phone, in the dark, in Arabic."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from playwright.sync_api import expect

from newsletter.models import Alarm
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults

LOOKS = {
    "desk": DESKTOP,
    "phone": PHONE,
    "dark": DARK,
    "narrow": {"viewport": {"width": 320, "height": 640}},
}

pytestmark = pytest.mark.usefixtures("slow_web")


def fill(page, email):
    page.locator("[name=name]").fill("Ursula")
    page.locator("[name=email]").fill(email)
    page.locator("form button").first.click()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_its_pages_are_read_by_everybody(open_page, live_server, look, language):
    page = open_page(**look, base_url=live_server.url)
    found = []
    for name, path in (("page", "/"), ("frame", "/subscriptions/form")):
        address = f"{path}?lang={language}"
        page.goto(address)
        found += faults(page, name)
        fill(page, "nobody")
        found += faults(page, f"{name}: mistake")
        fill(page, "ursula@gmial.com")
        found += faults(page, f"{name}: question")
        page.locator("form button").last.click()
        found += faults(page, f"{name}: thanks")
    assert found == []


def test_the_one_more_step_is_read_by_everybody(open_page, live_server):
    Alarm.objects.create(until=Now() + timedelta(minutes=5))
    page = open_page(**PHONE, base_url=live_server.url)
    page.route("**/subscriptions/challenge", lambda route: route.abort())
    page.goto("/")
    fill(page, "ursula@example.org")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert faults(page, "step") == []


def test_the_keyboard_alone_is_enough_and_never_finds_the_trap(open_page, live_server):
    page = open_page(java_script_enabled=False, base_url=live_server.url)
    page.goto("/")
    page.locator("[name=name]").focus()
    page.keyboard.type("Ursula")
    page.keyboard.press("Tab")
    page.keyboard.type("ursula@example.org")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Subscribe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()


@pytest.mark.parametrize(
    "desk", [DESKTOP, PHONE, DARK], ids=["desk", "phone", "dark"], indirect=True
)
def test_the_page_with_what_to_copy_is_read_by_everybody(desk, slow_web):
    desk.goto(f"/admin/newsletter/newsletter/{slow_web.pk}/change/")
    desk.get_by_role("link", name="Put the form on a site").click()
    expect(desk.frame_locator("iframe >> nth=1").get_by_label("Name")).to_be_visible()
    expect(desk.frame_locator("iframe >> nth=0").get_by_label("Name")).to_be_visible()
    assert faults(desk, "what to copy") == []
