"""The readers' desk in a real Chromium: conditions that count themselves, a person, many."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from newsletter.models import Change, Consent, Issue, Note, Segment, Subscription
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription


@pytest.fixture
def reader(transactional_db):
    """Somebody with a long story."""
    reader = make_subscription(
        "a.very.long.address.of.a.patient.reader@mail.of.a.long.example.org",
        name="Ursula Le Guin",
        tags=["vip", "early bird", "spring fair"],
        attributes={"city": "Portland", "orders": 12},
        source="Spring fair 2026",
    )
    for act in ("signed_up", "confirmed"):
        Consent.objects.create(
            subscription=reader,
            act=act,
            page="https://example.org/a/long/page/",
            wording="I want to receive this newsletter by e-mail. I can leave at any time.",
        )
    for number, state in enumerate(("sent", "failed", "skipped", "unknown")):
        issue = make_issue(
            f"Issue {number} of a long year", state="sent", published_at=timezone.now()
        )
        make_delivery(reader, issue, state=state, next_at=None, error_code="bounced 550 5.1.1")
    Note.objects.create(subscription=reader, text="Called on Monday,\nasked for paper.", by="ed")
    Change.objects.create(subscription=reader, act="tagged", detail="vip", by="ed")
    for number in range(3):
        make_subscription(f"r{number}@example.org")
    return reader


LOOKS = {"desk": DESKTOP, "phone": PHONE, "dark": DARK}
PAGES = {
    "list": "newsletter/subscription/?q=example",
    "person": "newsletter/subscription/{pk}/change/",
    "erase": "newsletter/subscription/{pk}/suppress/",
    "add": "newsletter/subscription/add/",
    "suppressions": "newsletter/suppression/",
    "suppress": "newsletter/suppression/add/",
    "segment": "newsletter/segment/{segment}/change/",
    "segments": "newsletter/segment/",
}


@pytest.mark.parametrize("desk", LOOKS.values(), indirect=True, ids=LOOKS)
def test_its_pages_are_read_by_everybody(desk, reader):
    """No page breaks a rule of accessibility that a machine can hold, or is wider than a phone."""
    segment = Segment.objects.create(
        newsletter=default_newsletter(),
        name="Friends",
        slug="friends",
        definition={"conditions": [{"what": "attribute_above", "key": "orders", "value": "10"}]},
    )
    found = []
    for name, path in PAGES.items():
        desk.goto("/admin/" + path.format(pk=reader.pk, segment=segment.pk))
        found += faults(desk, name)
    assert found == []


def test_conditions_are_counted_as_they_are_typed_and_chosen_on_an_issue(desk, reader):
    desk.goto("/admin/newsletter/segment/add/")
    desk.get_by_label("Name:", exact=True).fill("Friends")
    desk.get_by_label("all of these conditions").check()
    rows = desk.locator(".field-conditions")
    rows.get_by_label("Row 1: what").select_option(label="attribute is more than")
    rows.get_by_label("Row 1: name of the attribute, if it asks for one").fill("orders")
    rows.get_by_label("Row 1: value").fill("10")
    number = desk.locator(".status [role=status]")
    expect(number).to_have_text("1 confirmed reader now")
    rows.get_by_label("Row 1: value").fill("100")
    expect(number).to_have_text("0 confirmed readers now")
    rows.get_by_label("Row 1: value").fill("10")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.locator(".messagelist")).to_contain_text("added successfully")

    desk.goto("/admin/newsletter/issue/add/")
    help_text = desk.locator("#id_readers_helptext")
    expect(help_text).to_contain_text("4 confirmed readers now")
    desk.get_by_label("Readers:", exact=True).select_option(label="Friends")
    expect(help_text).to_contain_text("1 confirmed reader now")
    desk.get_by_label("Subject:").fill("Hello")
    desk.get_by_label("Body:").fill("Hello")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("added successfully")
    assert Issue.objects.latest("pk").segment.name == "Friends"


def test_all_that_match_are_tagged_and_everybody_can_read_how(desk, reader):
    for number in range(120):
        make_subscription(f"many{number}@example.net")
    desk.goto("/admin/newsletter/subscription/?q=example.net")
    desk.locator("#action-toggle").check()
    desk.get_by_role("button", name="Choose all that match, on every page").click()
    desk.locator("select[name=action]").select_option(label="Tag, untag or unsubscribe…")
    desk.get_by_role("button", name="Go").click()
    expect(desk.locator(".count")).to_contain_text("120 readers")
    assert faults(desk, "bulk") == []
    desk.get_by_label("add a tag").check()
    desk.get_by_label("Tag:", exact=True).fill("net")
    desk.get_by_label("Do it to all of them").check()
    desk.get_by_role("button", name="Do it").click()
    expect(desk.locator(".messagelist")).to_contain_text("120 of 120 were changed")
    assert Subscription.objects.filter(tags=["net"]).count() == 120
