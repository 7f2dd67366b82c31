"""The reader's pages in a real Chromium, without JavaScript, as a person uses them."""

import pytest
from playwright.sync_api import expect

from newsletter import links
from newsletter.models import Subscription
from tests.factories import make_subscription

pytestmark = pytest.mark.usefixtures("slow_web")


@pytest.fixture(
    params=[
        {"viewport": {"width": 1280, "height": 800}},
        {"viewport": {"width": 320, "height": 640}},
        {"viewport": {"width": 640, "height": 400}, "color_scheme": "dark"},
    ],
    ids=["desk", "phone", "dark, zoomed"],
)
def page(request, open_page):
    return open_page(java_script_enabled=False, **request.param)


def fits(page):
    """Whether nothing is wider than the screen."""
    return page.locator("main").bounding_box()["width"] <= page.viewport_size["width"]


def path_of(url):
    return url.partition("//")[2].partition("/")[2]


def test_a_person_signs_up(page, live_server):
    page.goto(live_server.url)
    expect(page.get_by_role("heading", name="The Slow Web")).to_be_visible()
    assert fits(page)
    page.get_by_label("Name").fill("Ursula")
    page.get_by_label("E-mail address").fill("ursula@example.org")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Subscription.objects.get().status == "pending_confirmation"


def test_a_person_mends_a_mistake(page, live_server):
    page.goto(live_server.url)
    page.get_by_label("Name").fill("Ursula")
    page.get_by_label("E-mail address").fill("ursula@localhost")
    page.get_by_role("button", name="Subscribe").click()
    address = page.get_by_label("E-mail address")
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_accessible_description(
        "This is not an e-mail address such as name@example.org."
    )
    assert fits(page)
    address.fill("ursula@example.org")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Subscription.objects.get().name == "Ursula"


def test_a_person_confirms_by_one_button(page, live_server):
    reader = make_subscription(status="pending_confirmation")
    link = links.confirmation_url(links.confirmation_token(reader.pk))
    page.goto(f"{live_server.url}/{path_of(link)}")
    assert Subscription.objects.get().status == "pending_confirmation"
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    assert Subscription.objects.get().status == "confirmed"
    assert fits(page)


def test_a_person_leaves_by_one_button(page, live_server):
    reader = make_subscription()
    link = links.unsubscribe_url(links.unsubscribe_token(reader.pk))
    page.goto(f"{live_server.url}/{path_of(link)}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert Subscription.objects.get().status == "unsubscribed"
    assert page.context.cookies() == []


def test_the_style_sheet_is_applied(page, live_server):
    with page.expect_response("**/site.css") as styles:
        page.goto(live_server.url)
    assert styles.value.status == 200
