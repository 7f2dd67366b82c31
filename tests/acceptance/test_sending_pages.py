"""The page before an issue goes out, in a real Chromium."""

import pytest
from playwright.sync_api import Route, expect

from newsletter.models import Issue, Newsletter
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import make_issue
from tests.newsletter.sending import make_ready, path_of

BODY = "## A title\n\nTODO: [words](https://example.org/) ![](https://example.org/a.png)\n\n{{ x }}"


def test_a_newcomer_is_led_from_what_is_wrong_to_the_button(desk):
    issue = make_ready("Hello", body=BODY)
    Newsletter.objects.update(postal_address="")
    desk.goto(f"/admin/newsletter/issue/{issue.pk}/change/")
    desk.get_by_role("link", name="Check and send…").click()
    expect(desk.locator(".is-blocked")).to_contain_text("no postal address")
    desk.locator(".is-blocked").get_by_role("link", name="Repair it").click()
    desk.get_by_label("Postal address").fill("The News, 12 Harbour Street, Hamburg")
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.goto(path_of(issue))
    button = desk.get_by_role("button", name="Send to 1 reader")
    button.click()
    expect(desk.locator(".errorlist")).to_contain_text("Tick what you accept")
    for box in desk.get_by_role("checkbox").all():
        box.check()
    desk.get_by_role("button", name="Send to 1 reader").dblclick()
    expect(desk.locator(".messagelist")).to_contain_text("goes out")
    assert Issue.objects.get().state == "expanding"


def test_trying_the_links_takes_nothing_away_from_who_has_gone_on(desk):
    """It may take twelve seconds: he has ticked and typed by then, or gone to repair something."""
    held: list[Route] = []
    desk.route(
        "**/publish/",
        lambda route: held.append(route) if route.request.method == "POST" else route.continue_(),
    )
    issue = make_ready("Hello", body="TODO: [words](https://news.slowweb.dev/)")
    desk.goto(path_of(issue))
    expect(desk.locator(".trying")).to_contain_text("Trying the links")
    desk.get_by_role("checkbox").first.check()
    held.pop().fulfill(status=200)
    expect(desk.locator(".trying")).to_contain_text("were tried")
    expect(desk.get_by_role("checkbox").first).to_be_checked()
    desk.get_by_role("link", name="Show what was found").click()
    expect(desk.get_by_role("checkbox").first).not_to_be_checked()

    other = make_issue("Other", slug="other", body=issue.body)
    desk.goto(path_of(other))
    expect(desk.locator(".trying")).to_contain_text("Trying the links")
    desk.locator(".findings").get_by_role("link", name="Repair it").first.click(no_wait_after=True)
    held.pop().fulfill(status=200)
    expect(desk.get_by_label("Subject:")).to_have_value("Other")


def test_the_zone_is_the_browsers_own(desk):
    issue = make_ready("Hello")
    desk.goto(path_of(issue))
    expect(desk.get_by_label("Time zone")).to_be_hidden()
    desk.get_by_label("At a time").check()
    zone = desk.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    expect(desk.get_by_label("Time zone")).to_have_value(zone)


@pytest.mark.parametrize("desk", [DESKTOP, PHONE, DARK], indirect=True)
def test_everybody_can_use_it(desk):
    pages = [path_of(make_ready("Hello", body=BODY))]
    for path in pages:
        desk.goto(path)
        desk.locator("details").evaluate("element => element.open = true")
        assert faults(desk, "check") == []
