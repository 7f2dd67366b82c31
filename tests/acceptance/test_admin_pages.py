"""The editor's story in a real Chromium: write, preview, try, publish, watch."""

import pytest
from playwright.sync_api import expect

from newsletter import publishing
from newsletter.models import Delivery, Issue, Newsletter
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import make_delivery, make_issue, make_subscription


def test_an_editor_writes_previews_tries_publishes_and_watches(desk):
    make_subscription("a@example.org")
    make_subscription("b@example.org")
    Newsletter.objects.update(postal_address="12 Harbour Street, 20457 Hamburg")
    desk.get_by_role("link", name="Issues", exact=True).click()
    desk.get_by_role("link", name="Add issue").click()
    desk.get_by_label("Subject").fill("Hello, world")
    desk.get_by_label("Body").fill("# A title\n\n{{ settings.SECRET_KEY }} <script>x</script>")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.locator(".status")).to_contain_text("Nobody has got it yet")

    desk.get_by_role("link", name="Preview").click()
    frame = desk.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="A title")).to_be_visible()
    expect(frame.get_by_text("{{ settings.SECRET_KEY }}")).to_be_visible()
    expect(desk.locator("pre")).to_contain_text("A title\n=======")
    desk.go_back()

    desk.get_by_role("link", name="Send a test…").click()
    desk.get_by_label("Send it to").fill("nobody")
    desk.get_by_role("button", name="Send a test").click()
    expect(desk.locator(".errorlist")).to_contain_text("not an e-mail address")
    desk.get_by_label("Send it to").fill("me@example.org")
    desk.get_by_role("button", name="Send a test").click()
    expect(desk.locator(".messagelist")).to_contain_text("on its way")

    desk.get_by_role("link", name="Check and send…").click()
    expect(desk.locator(".count")).to_have_text("2 readers of Newsletter will get “Hello, world”.")
    for box in desk.get_by_role("checkbox").all():
        box.check()
    desk.get_by_role("button", name="Send to 2 readers").dblclick()
    expect(desk.locator(".messagelist")).to_contain_text("goes out")

    publishing.expand_one()
    desk.reload()
    expect(desk.locator(".status .ledger")).to_have_text("2 = 2 pending")
    assert Issue.objects.get().audience_size == 2
    assert Delivery.objects.filter(kind="test").count() == 1


@pytest.mark.parametrize("desk", [DESKTOP, PHONE, DARK], indirect=True)
def test_pages_fit_every_screen_and_everybody(desk):
    draft = make_issue("A draft", body="| a | b |\n|---|---|\n| 1 | 2 |\n\n" + "x" * 400)
    sending = make_issue("On its way", state="sending", audience_size=1)
    reader = make_subscription("a.very.long.address.of.a.patient.reader@example.org")
    make_delivery(reader, sending)
    issues = "newsletter/issue/"
    for page in (
        "",
        issues,
        f"{issues}{draft.pk}/change/",
        f"{issues}{draft.pk}/preview/",
        f"{issues}{draft.pk}/publish/",
        f"{issues}{draft.pk}/test/",
        f"{issues}{sending.pk}/change/",
        f"{issues}{sending.pk}/cancel/",
        "newsletter/subscription/",
        "newsletter/delivery/",
    ):
        desk.goto(f"/admin/{page}")
        assert faults(desk, page) == []
