"""Every page that a visitor can come to is for everybody: in each language, by axe-core, without
scripts, by the keyboard alone, and light."""

import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as site_settings
from django.db.models.functions import Now
from django.test.signals import template_rendered
from django.utils import timezone
from playwright.sync_api import Locator, Page

from newsletter import links
from newsletter.models import Alarm, Newsletter
from newsletter.models.newsletters import newsletters_in
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.acceptance.service import ROOT
from tests.aged_tokens import token_of
from tests.factories import make_delivery, make_subscription
from tests.newsletter.archived import publish

TEMPLATES = {f"newsletter/{path.name}" for path in (ROOT / "templates/newsletter").glob("*.html")}
LOOKS = {
    "en": DESKTOP,
    "de": {"viewport": {"width": 320, "height": 640}},
    "es": PHONE,
    "fr": DARK,
    "ar": {**PHONE, "color_scheme": "dark"},
}
WEIGHT_LIMIT = 15_000
"""Bytes of a page, unpacked, and of its style sheets as they are sent."""
POST = """([action, fields]) => {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action });
    for (const [name, value] of Object.entries(fields))
        form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
}"""
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea")]
    .filter((stop) => stop.type !== "hidden" && stop.tabIndex >= 0 && stop.checkVisibility())"""
NOT_REACHED = f"""(reached) => ({STOPS})()
    .filter((stop, place) => reached[place] !== place).map((stop) => stop.outerHTML)"""
FOCUSED = f"""() => {{
    const stop = document.activeElement, style = getComputedStyle(stop);
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return seen ? ({STOPS})().indexOf(stop) : -2;
}}"""


@pytest.fixture(params=LOOKS)
def language(request, slow_web, live_server, settings) -> str:
    """A site in one language: two newsletters, an issue, words of an editor."""
    settings.BASE_URL = live_server.url
    slow_web.language = request.param
    slow_web.save()
    Newsletter.objects.create(
        slug="fast", title="The Fast Web", tagline="Every day.", language=request.param
    )
    newsletters_in.cache_clear()
    publish("News", "A paragraph of *words*.\n\n> A quotation.", slug="news", preheader="A line")
    return str(request.param)


def walk(page: Page) -> Iterator[str]:
    """Bring a visitor to every page; yield its name while he is there."""
    yield from _sign_up(page)
    yield from _archive(page)
    yield from _leave_and_return(page)
    yield from _own_pages(page)
    yield from _mistaken(page)


def _sign_up(page: Page) -> Iterator[str]:
    for path in ("/", "/newsletters/fast/", "/subscriptions/form"):
        page.goto(path)
        yield path
        _fill(page, "nobody")
        yield f"{path}: mistake"
        _fill(page, "ursula@gmial.com")
        yield f"{path}: question"
        _press(page, page.locator("form button").last)
        yield f"{path}: thanks"
    _post(page, "/subscriptions/form", newsletter="none")
    yield "frame: refused"
    Alarm.objects.create(until=Now() + timedelta(minutes=5))
    _post(page, "/subscriptions", name="Ursula", email="ursula@example.org")
    yield "one more step"
    Alarm.objects.all().delete()
    pending = make_subscription("paul@example.org", status="pending_confirmation")
    page.goto(f"/subscriptions/confirm?subscription_token={links.confirmation_token(pending.pk)}")
    yield "confirm"
    _press(page)
    yield "confirmed"
    long_ago = timezone.now() - timedelta(days=8)
    old = token_of("confirm", pending.pk, long_ago)
    page.goto(f"/subscriptions/confirm?subscription_token={old}")
    yield "too old"
    _press(page)
    yield "a new link"


def _archive(page: Page) -> Iterator[str]:
    for path in ("/issues/", "/issues/?q=words", "/issues/?q=nothing", "/issues/news/"):
        page.goto(path)
        yield path
    for path in ("/newsletters/fast/issues/", "/privacy/"):
        page.goto(path)
        yield path
    Newsletter.objects.filter(slug="fast").update(privacy_note="## Ours\n\nWe keep little.")
    newsletters_in.cache_clear()
    page.goto("/privacy/?newsletter=fast")
    yield "a note of its own"


def _leave_and_return(page: Page) -> Iterator[str]:
    reader = make_subscription("leaves@example.org")
    token = links.unsubscribe_token(reader.pk)
    page.goto(f"/subscriptions/preferences?token={token}")
    yield "preferences"
    _press(page)
    yield "preferences: paused"
    page.goto(f"/subscriptions/unsubscribe?token={token}")
    yield "unsubscribe"
    _press(page)
    yield "unsubscribed"
    _press(page)
    yield "taken back"
    page.goto(f"/subscriptions/return?token={links.undo_token(reader.pk)}")
    yield "take back"
    reader.delete()
    _post(page, f"/subscriptions/unsubscribe?token={token}")
    yield "unsubscribed and erased"
    page.goto(f"/subscriptions/preferences?token={token}")
    yield "preferences of nobody"
    page.goto(f"/subscriptions/unsubscribe?token={links.unsubscribe_token(links.NOBODY)}")
    yield "the link of a test mail"


def _own_pages(page: Page) -> Iterator[str]:
    page.goto("/subscriptions/link")
    yield "ask for the link"
    _press(page)
    yield "ask for the link: mistake"
    page.locator("[name=email]").fill("ursula@example.org")
    _press(page)
    yield "link sent"
    reader = make_subscription("owner@example.org", name="Ursula")
    taken = make_subscription("taken@example.org")
    for email, name in (("new@example.org", "moved"), (taken.email, "taken")):
        move = make_delivery(reader, kind="address", recipient=email)
        page.goto(f"/subscriptions/address?token={links.address_token(move.pk)}")
        yield f"new address: {name}?"
        _press(page)
        yield f"new address: {name}"
    own = f"/subscriptions/mine?token={links.access_token(taken.pk)}"
    page.goto(own)
    yield "own page"
    _press(page, page.locator("[name=days]").first)
    yield "own page: paused"
    page.locator("[name=name]").fill("<>")
    _press(page, page.locator("[value=name]"))
    yield "own page: mistake"
    page.locator("[name=sure]").check()
    _press(page, page.locator("[value=erase]"))
    yield "erased"


def _mistaken(page: Page) -> Iterator[str]:
    for path in ("/nothing", "/subscriptions/mine?token=x", "/subscriptions/confirm"):
        page.goto(path)
        yield path


def _fill(page: Page, email: str) -> None:
    page.locator("[name=name]").fill("Ursula")
    page.locator("[name=email]").fill(email)
    _press(page)


def _press(page: Page, button: Locator | None = None) -> None:
    """Press a button, by default that of the page's form; return when the next page is whole."""
    with page.expect_navigation():
        (button or page.locator("form:not([role=search]) button").first).click()


def _post(page: Page, path: str, **fields: str) -> None:
    with page.expect_navigation():
        page.evaluate(POST, [path, fields])


@pytest.fixture
def rendered() -> Iterator[set[str]]:
    """The names of the templates that were used."""
    names: set[str] = set()

    def note(template, **_more) -> None:
        names.add(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


def test_it_is_read_by_everybody(open_page, live_server, language, rendered):
    page = open_page(**LOOKS[language], base_url=live_server.url, locale=language)
    # Only where somebody has no scripts is there a step with a ticket.
    page.route("**/proof.js", lambda route: route.abort())
    found = []
    for name in walk(page):
        found += faults(page, name)
        spoken = page.locator("html").get_attribute("lang")
        turned = page.locator("html").get_attribute("dir")
        if (spoken, turned) != (language, "rtl" if language == "ar" else "ltr"):
            found.append(f"{name}: speaks {spoken}, {turned}")
    assert found == []
    assert TEMPLATES - rendered == set(), "no visit leads there"


@pytest.mark.parametrize("language", ["en"], indirect=True)
@pytest.mark.usefixtures("language")
def test_it_needs_no_script_and_no_pointer_and_next_to_no_bytes(open_page, live_server):
    page = open_page(**DESKTOP, base_url=live_server.url, java_script_enabled=False)
    answers, found = [], []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108
    for name in walk(page):
        loaded = [one for one in answers if one.status not in range(300, 400)]
        documents = [one for one in loaded if one.request.resource_type == "document"]
        sheets = [one for one in loaded if one.request.resource_type == "stylesheet"]
        weight = len(documents[-1].body()) + sum(len(gzip.compress(one.body())) for one in sheets)
        if weight > WEIGHT_LIMIT:
            found.append(f"{name}: {weight} bytes")
        found += [f"{name}: {one.url}" for one in loaded if live_server.url not in one.url]
        found += [f"{name}: {html}" for html in _not_reached(page)]
        answers.clear()
    assert found == []
    assert page.context.cookies() == []


def _not_reached(page: Page) -> list[str]:
    """Press Tab from the beginning of the page; return what is passed over or shows no focus."""
    page.evaluate("document.activeElement?.blur()")
    reached = []
    for _ in range(page.evaluate(f"({STOPS})().length")):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    found: list[str] = page.evaluate(NOT_REACHED, reached)
    return found


def test_the_languages_are_those_of_the_site():
    assert set(LOOKS) == {code for code, _ in site_settings.LANGUAGES}
