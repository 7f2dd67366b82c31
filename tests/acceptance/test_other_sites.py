"""The sign-up from a page of another origin, in a real Chromium: plain form, frame, script."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db.models.functions import Now
from playwright.sync_api import expect

from newsletter.embedding import snippets
from newsletter.models import Alarm, Newsletter, Subscription
from newsletter.models.newsletters import newsletters_in

POLICY = "default-src 'none'; script-src 'nonce-site'; connect-src *; frame-src *; form-action *"
"""The other site allows its own script, and our addresses."""
SCRIPT = """
<p id="said"></p>
<script nonce="site">
{fetch}
subscribe("Ursula", "ursula@example.org").then((said) => {{
  document.getElementById("said").textContent = said;
}});
</script>
"""

pytestmark = pytest.mark.usefixtures("slow_web")


@contextmanager
def other_site(body: str) -> Iterator[str]:
    """Serve one page of another origin; every address of it answers with the path asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = body if self.path == "/" else f"You are at {self.path}"
            octets = f"<!doctype html><title>Shop</title><h1>Shop</h1>{text}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def copied(slow_web, live_server, settings):
    """What an editor copies, with the addresses of the running site."""
    settings.BASE_URL = live_server.url
    return lambda: snippets(Newsletter.objects.get())


def fill(page):
    page.get_by_label("Name").fill("Ursula")
    page.get_by_label("E-mail address").fill("ursula@example.org")
    page.get_by_role("button", name="Subscribe").click()


def is_signed_up():
    return Subscription.objects.filter(email="ursula@example.org").exists()


def test_a_plain_form_of_another_site(open_page, copied):
    page = open_page(java_script_enabled=False)
    with other_site(copied().form) as site:
        page.goto(site)
        fill(page)
        expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Subscription.objects.get().consents.get().page == site
    assert page.context.cookies() == []


def test_a_plain_form_that_leads_back_to_its_site(open_page, copied, slow_web):
    page = open_page(java_script_enabled=False)
    with other_site("") as back:
        Newsletter.objects.update(thank_you_addresses=f"{back}/thanks")
        newsletters_in.cache_clear()
        with other_site(copied().form) as site:
            page.goto(site)
            page.get_by_label("Name").fill("Ursula")
            page.get_by_label("E-mail address").fill("ursula@localhost")
            page.get_by_role("button", name="Subscribe").click()
            expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
            fill(page)
            expect(page.get_by_text("You are at /thanks")).to_be_visible()
    assert is_signed_up()


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_a_frame_in_another_site(open_page, copied, scripts):
    page = open_page(java_script_enabled=scripts)
    with other_site(copied().frame) as site:
        page.goto(site)
        frame = page.frame_locator("iframe")
        frame.get_by_label("Name").fill("Ursula")
        frame.get_by_label("E-mail address").fill("ursula@gmial.com")
        frame.get_by_role("button", name="Subscribe").click()
        frame.get_by_role("button", name="Yes, ursula@gmail.com").click()
        expect(frame.get_by_role("heading", name="Check your inbox")).to_be_visible()
        expect(page.get_by_role("heading", name="Shop")).to_be_visible()
    assert Subscription.objects.get().email == "ursula@gmail.com"


def test_a_site_that_is_not_named_shows_no_frame(browser, copied):
    Newsletter.objects.update(framing_sites="https://shop.example")
    newsletters_in.cache_clear()
    with other_site(copied().frame) as site, browser.new_context() as context:
        page = context.new_page()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(site)
        expect(page.frame_locator("iframe").get_by_label("Name")).to_have_count(0)


def test_a_script_of_another_site(open_page, copied):
    page = open_page()
    with other_site(SCRIPT.format(fetch=copied().fetch)) as site:
        page.goto(site)
        expect(page.locator("#said")).to_have_text(re.compile("Check your inbox"))
    assert is_signed_up()


def test_a_script_of_another_site_is_told_what_is_wrong(open_page, copied):
    page = open_page()
    fetch = copied().fetch
    with other_site(SCRIPT.format(fetch=fetch).replace("ursula@example.org", "nobody")) as site:
        page.goto(site)
        expect(page.locator("#said")).to_have_text(re.compile("email: This is not an e-mail"))
    assert not is_signed_up()


# Under attack


@pytest.fixture
def attack(slow_web):
    Alarm.objects.create(until=Now() + timedelta(minutes=5))


@pytest.mark.usefixtures("attack")
def test_our_page_solves_the_puzzle_by_itself(open_page, live_server):
    page = open_page()
    page.goto(live_server.url)
    fill(page)
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible(timeout=30_000)
    assert is_signed_up()


@pytest.mark.usefixtures("attack")
@pytest.mark.parametrize("kind", ["form", "frame"])
def test_a_form_of_another_site_goes_on_after_one_more_step(open_page, copied, kind):
    page = open_page()
    with other_site(getattr(copied(), kind)) as site:
        page.goto(site)
        inside = page.frame_locator("iframe") if kind == "frame" else page
        fill(inside)
        if kind == "form":
            expect(inside.get_by_role("heading", name="One more step")).to_be_visible()
            inside.get_by_role("button", name="Subscribe").click()
        thanks = inside.get_by_role("heading", name="Check your inbox")
        expect(thanks).to_be_visible(timeout=30_000)
    assert is_signed_up()


@pytest.mark.usefixtures("attack")
def test_who_has_no_javascript_is_told_to_wait(open_page, live_server):
    page = open_page(java_script_enabled=False)
    page.goto(live_server.url)
    fill(page)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Please wait 30 seconds")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_contain_text("more seconds")
    assert not is_signed_up()
