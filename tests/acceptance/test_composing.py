"""Writing in a real Chromium: the preview follows, the draft saves itself, images come in."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from newsletter.models import Image, Issue
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import make_issue

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4"
    "890000000d49444154789c63e0ce0eff0f00031f01cdcaef2524000000004945"
    "4e44ae426082"
)
ADD = "/admin/newsletter/issue/add/"


def seen(page: Page):
    return page.frame_locator(".frames iframe:not(.is-loading)")


def write(page: Page, subject: str, body: str) -> None:
    page.get_by_label("Subject:").fill(subject)
    page.get_by_label("Body:").press_sequentially(body)


def test_the_preview_follows_and_the_draft_saves_itself(desk):
    desk.goto(ADD)
    write(desk, "Hello, {name|friend}", "## A title\n\nDear {name|friend}")
    expect(seen(desk).get_by_role("heading", name="A title")).to_be_visible()
    expect(seen(desk).get_by_text("Dear Ursula")).to_be_visible()
    desk.get_by_label("without a name").check()
    expect(seen(desk).get_by_text("Dear friend")).to_be_visible()
    desk.get_by_label("Plain text").check()
    expect(seen(desk).locator("pre")).to_contain_text("A title\n-------")
    expect(desk.locator(".autosave")).to_contain_text("Draft saved", timeout=15_000)
    issue = Issue.objects.get()
    assert issue.body.splitlines() == ["## A title", "", "Dear {name|friend}"]
    assert desk.url.endswith(f"/{issue.pk}/change/")
    desk.get_by_label("Body:").press_sequentially(", more")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.locator(".messagelist")).to_contain_text("changed successfully")
    assert Issue.objects.get().body.endswith("friend}, more")


def test_a_stale_page_never_overwrites_what_is_newer(desk):
    issue = make_issue(body="Before")
    desk.goto(f"/admin/newsletter/issue/{issue.pk}/change/")
    Issue.objects.update(version=7, body="Theirs")
    desk.get_by_label("Body:").press_sequentially(" and mine")
    expect(desk.locator(".autosave")).to_contain_text("Somebody saved", timeout=15_000)
    assert Issue.objects.get().body == "Theirs"


def test_an_image_is_chosen_and_stands_in_the_text(desk, tmp_path: Path):
    picture = tmp_path / "dog.png"
    picture.write_bytes(PNG)
    desk.goto(ADD)
    desk.get_by_label("Image to upload").set_input_files(picture)
    expect(desk.get_by_label("Body:")).to_have_value(re.compile(r"^!\[\]\(/images/.+\.png\)$"))
    svg = tmp_path / "dog.svg"
    svg.write_text("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
    desk.get_by_label("Image to upload").set_input_files(svg)
    expect(desk.locator(".autosave")).to_contain_text("SVG can hold scripts")
    expect(desk.get_by_label("Body:")).to_have_value(f"![]({Image.objects.get().path})")


def test_without_a_script_a_button_shows_the_mail(open_page, desk, live_server):
    page = open_page(**DESKTOP, base_url=live_server.url, java_script_enabled=False)
    page.context.add_cookies(desk.context.cookies())
    page.goto(ADD)
    page.get_by_label("Subject:").fill("Hello")
    page.get_by_label("Body:").fill("# A title")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="A title")).to_be_visible()


@pytest.mark.parametrize(
    "desk", [DESKTOP, PHONE, DARK], indirect=True, ids=["desk", "phone", "dark"]
)
def test_everybody_can_use_the_pages(desk):
    issue = make_issue(body="## A title\n\nText, *text*.\n\n- one\n- two")
    pages = {
        "compose": f"issue/{issue.pk}/change/",
        "versions": f"issue/{issue.pk}/versions/",
        "duplicate": f"issue/{issue.pk}/duplicate/",
        "upload": "image/add/",
        "theme": "theme/add/",
    }
    for path in pages.values():
        desk.goto(f"/admin/newsletter/{path}")
        assert faults(desk, path) == []


def test_a_theme_is_seen_while_it_is_made(desk):
    desk.goto("/admin/newsletter/theme/add/")
    expect(seen(desk).get_by_role("heading", name="A heading")).to_be_visible()
    desk.get_by_label("Name:").fill("Harbour")
    desk.locator("#id_accent").fill("#8a1c1c")
    expect(seen(desk).locator(".content a")).to_have_css("color", "rgb(138, 28, 28)")
    desk.get_by_label("Dark", exact=True).check()
    expect(seen(desk).locator(".content a")).to_have_css("color", "rgb(111, 211, 184)")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.locator(".messagelist")).to_contain_text("was added successfully")
