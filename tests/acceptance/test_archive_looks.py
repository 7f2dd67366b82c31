"""The archive and the error pages are read by everybody, and weigh next to nothing."""

import gzip

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser import DARK, DESKTOP
from tests.acceptance.looks import faults
from tests.newsletter.archived import publish

BODY = """A paragraph with a [link](https://example.org/) and *words*.

## A heading

- one thing

> A quotation.

| Year | Pages |
|---|---:|
| 2025 | 1,204 |

```
a_line_of_code_that_is_longer_than_a_phone_is_wide = "https://example.org/"
```

Averyverylongwordwithoutaplacetobreakitwhichnophonecanshowonalineofitsownatall
"""
LOOKS = {
    "desk": DESKTOP,
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
    "dark": DARK,
    "zoomed to 200 %": {"viewport": {"width": 640, "height": 512}},
    "zoomed to 400 %": {"viewport": {"width": 320, "height": 256}},
}
PATHS = ("/issues/", "/issues/?q=words", "/issues/?q=nothing", "/issues/news/", "/nothing")
WEIGHT_LIMIT = 15_000
"""Bytes of a page and its style sheets as a proxy sends them."""


@pytest.fixture(autouse=True)
def _archive(slow_web):
    slow_web.accent, slow_web.typeface = "#7a2e8e", "serif"
    slow_web.save()
    publish("News", BODY, slug="news", preheader="A line beside the subject")


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_its_pages_are_read_by_everybody(open_page, live_server, look, language):
    page = open_page(**look, base_url=live_server.url)
    found = []
    for path in PATHS:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        found += faults(page, path)
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert found == []


def test_the_keyboard_alone_finds_and_opens_an_issue_and_shows_where_it_is(open_page, live_server):
    page = open_page(java_script_enabled=False, base_url=live_server.url)
    page.goto("/issues/")
    page.get_by_label("Search the issues").focus()
    page.keyboard.type("words")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("words")
    link = page.get_by_role("link", name="News", exact=True)
    for _ in range(10):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    assert link.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    assert link.evaluate("link => parseFloat(getComputedStyle(link).outlineWidth)") >= 2
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="News")).to_be_visible()


def test_a_page_is_small_and_asks_nobody_else_for_anything(open_page, live_server):
    page = open_page(base_url=live_server.url)
    answers = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    for path in ("/", *PATHS):
        answers.clear()
        page.goto(path, wait_until="networkidle")
        assert [one.url for one in answers if not one.url.startswith(live_server.url)] == []
        read = [one for one in answers if one.request.resource_type in {"document", "stylesheet"}]
        assert len(read) >= 2
        assert sum(len(gzip.compress(one.body())) for one in read) < WEIGHT_LIMIT
        assert {one.request.resource_type for one in answers}.isdisjoint({"font", "script"})
    assert page.context.cookies() == []
