"""The doors of the admin in a real Chromium: the log-in, the second step, the password again."""

from base64 import b32decode

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import make_issue
from tests.staff import PASSWORD, code_of
from zero2prod.staff import audit
from zero2prod.staff.models import Member

NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture
def visitor(open_page, live_server, settings, request):
    """A member on a site that asks for two steps, at the log-in page."""
    settings.STAFF_TWO_STEP_REQUIRED = True
    Member.objects.create_user("ursula", password=PASSWORD, is_staff=True, is_superuser=True)
    page = open_page(**getattr(request, "param", DESKTOP), base_url=live_server.url)
    page.goto("/admin/")
    return page


def log_in(page: Page) -> None:
    page.get_by_label("Username").fill("ursula")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def key_of(page: Page) -> bytes:
    page.get_by_text("No camera?").click()
    return b32decode(page.locator(".key").inner_text().replace(" ", ""))


def type_code(page: Page, code: str, label: str = "Code") -> None:
    page.get_by_label(label, exact=True).fill(code)
    page.locator("input[type=submit]").click()


@pytest.mark.parametrize("visitor", [DESKTOP, PHONE, DARK, NARROW], indirect=True)
def test_a_member_sets_up_the_second_step_and_comes_back_with_it(visitor):
    assert faults(visitor, "log-in") == []
    log_in(visitor)

    expect(visitor.locator(".picture svg")).to_be_visible()
    assert faults(visitor, "set-up") == []
    key = key_of(visitor)
    type_code(visitor, code := code_of(key))
    expect(visitor.locator(".codes code")).to_have_count(10)
    codes = visitor.locator(".codes code").all_inner_texts()
    assert faults(visitor, "codes") == []
    visitor.get_by_role("link", name="I have kept them").click()
    expect(visitor.get_by_role("heading", name="Newsletter desk")).to_be_visible()
    visitor.goto("/admin/two-step/")
    assert faults(visitor, "two-step") == []

    visitor.get_by_role("button", name="Log out").click()
    expect(visitor.get_by_role("link", name="Log in again")).to_be_visible()
    assert faults(visitor, "logged-out") == []
    visitor.goto("/admin/")
    log_in(visitor)
    type_code(visitor, code)
    expect(visitor.locator(".errorlist")).to_contain_text("used already")
    assert faults(visitor, "wrong code") == []
    visitor.get_by_role("link", name="Use a recovery code").click()
    expect(visitor.get_by_label("Recovery code", exact=True)).to_be_visible()
    assert faults(visitor, "recovery") == []
    type_code(visitor, codes[0], "Recovery code")
    expect(visitor.locator(".messagelist")).to_contain_text("you have 9 more")


@pytest.mark.parametrize("visitor", [DESKTOP, PHONE, DARK], indirect=True)
def test_publishing_asks_for_the_password_again_and_goes_on(visitor, settings):
    settings.STAFF_TWO_STEP_REQUIRED = False
    settings.STAFF_PASSWORD_SECONDS = 0
    issue = make_issue()
    log_in(visitor)
    visitor.goto(f"/admin/newsletter/issue/{issue.pk}/publish/")
    assert faults(visitor, "password again") == []
    settings.STAFF_PASSWORD_SECONDS = 900
    visitor.get_by_label("Password").fill(PASSWORD)
    visitor.get_by_role("button", name="Go on").click()
    expect(visitor.get_by_role("heading", name="Check and send")).to_be_visible()


@pytest.mark.parametrize("visitor", [DESKTOP, PHONE, DARK], indirect=True)
def test_a_lock_says_when_to_come_again(visitor):
    for _ in range(5):
        visitor.get_by_label("Username").fill("ursula")
        visitor.get_by_label("Password").fill("wrong")
        visitor.get_by_role("button", name="Log in").click()
    expect(visitor.get_by_text("for the next 15 minutes")).to_be_visible()
    assert faults(visitor, "locked out") == []


@pytest.mark.parametrize("visitor", [DESKTOP, PHONE, DARK], indirect=True)
def test_the_record_and_the_accounts_fit_every_screen(visitor, settings):
    settings.STAFF_TWO_STEP_REQUIRED = False
    issue = make_issue("An issue with a long and patient subject line, as they sometimes are")
    log_in(visitor)
    audit.record("issue.publish", request=None, target=issue, stage=None, readers=20_000)
    for page in ("staff/auditentry/", "auth/user/", "auth/group/"):
        visitor.goto(f"/admin/{page}")
        assert faults(visitor, page) == []
