"""An issue goes out, and the first page, in a real Chromium: drawn anew, scriptless, for all."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from newsletter import figures
from newsletter.models import Day, Delivery, Figure, Issue, IssueCount, IssueSample, Worker
from tests.acceptance.browser import DARK, DESKTOP, PHONE
from tests.acceptance.looks import faults
from tests.factories import default_newsletter, make_delivery, make_issue, make_subscription

CODES = {"failed": "550 5.1.1", "unknown": "timed_out after the dot", "pending": "451 4.7.1"}
MIXED = [*["sent"] * 30, *["failed"] * 4, "unknown", "skipped", *["pending"] * 8]


@pytest.fixture
def sending(transactional_db) -> Issue:
    """An issue half-way, ten minutes after its beginning."""
    now = timezone.now()
    began = now - timedelta(minutes=10)
    issue = make_issue(
        "A week of slow news, and what to read instead of it",
        state="sending",
        audience_size=len(MIXED),
        published_at=began,
        audience_at=began,
    )
    for number, state in enumerate(MIXED):
        is_open = state == "pending"
        domain = ("mail.example", "post.example", "a-rather-long-domain.example")[number % 3]
        make_delivery(
            make_subscription(f"reader-{number}@{domain}"),
            issue,
            state=state,
            error_code=CODES.get(state, ""),
            next_at=now if is_open else None,
            finished_at=None if is_open else now - timedelta(seconds=30),
        )
    for minute, sent in enumerate((0, 2, 5, 12, 14, 14, 20, 26, 28)):
        at = began + timedelta(minutes=minute)
        IssueSample.objects.create(issue=issue, at=at, sent=sent, failed=0, skipped=0, unknown=0)
    Worker.objects.create(host="h", pid=1)
    return issue


@pytest.fixture
def grown(sending) -> Issue:
    """Readers of many days besides."""
    Figure.objects.all().delete()
    Day.objects.all().delete()
    figures.refresh()
    for day in Day.objects.filter(newsletter=default_newsletter()):
        age = (timezone.now().date() - day.day).days
        Figure.objects.filter(name="readers").update(seconds=1)  # it stays as it is
        Day.objects.filter(pk=day.pk).update(readers=1200 - 5 * age - (age % 7) * 3)
    return sending


def finish(issue: Issue) -> None:
    """Let the rest go out, as the workers would; who looks next counts anew."""
    now = timezone.now()
    Delivery.objects.filter(issue=issue, state="pending").update(
        state="sent", next_at=None, finished_at=now, error_code=""
    )
    Issue.objects.filter(pk=issue.pk).update(state="sent", finished_at=now)
    IssueCount.objects.update(counted_at=now - timedelta(minutes=1))


def watch(desk, issue: Issue, page: str = "watch/") -> None:
    desk.goto(f"/admin/newsletter/issue/{issue.pk}/{page}")


def test_the_page_follows_the_issue_until_it_is_done(desk, sending):
    watch(desk, sending)
    line = desk.locator(".status .ledger")
    expect(line).to_have_text("44 = 30 sent + 4 failed + 1 skipped + 1 unknown + 8 pending")
    desk.get_by_text("As a table").click()
    desk.get_by_role("link", name="30 sent").focus()
    finish(sending)
    expect(line).to_have_text("44 = 38 sent + 4 failed + 1 skipped + 1 unknown", timeout=10_000)
    expect(desk.locator("#speed-table")).to_have_attribute("open", "")
    expect(desk.locator("[data-done]")).to_be_visible()
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.wait_for_timeout(2_500)  # longer than the pause between two looks
    assert asked == []


def test_a_page_that_cannot_be_refreshed_says_so(desk, sending):
    watch(desk, sending)
    expect(desk.locator(".stale-note")).to_be_hidden()
    desk.context.clear_cookies()
    expect(desk.locator(".stale-note")).to_be_visible(timeout=10_000)


@pytest.mark.parametrize("desk", [{**DESKTOP, "java_script_enabled": False}], indirect=True)
def test_without_a_script_it_is_a_page_with_a_refresh_link(desk, sending):
    watch(desk, sending)
    finish(sending)
    desk.get_by_role("link", name="Refresh").click()
    expect(desk.locator(".status .ledger")).to_contain_text("44 = 38 sent")


def test_pause_and_resume_from_where_one_watches(desk, sending):
    watch(desk, sending)
    desk.get_by_role("link", name="Pause").click()
    desk.get_by_role("button", name="Pause").click()
    expect(desk.locator(".messagelist")).to_contain_text("The delivery is paused")
    expect(desk.locator(".status .pill").first).to_have_text("paused")
    desk.get_by_role("link", name="Resume").click()
    desk.get_by_role("button", name="Resume").click()
    expect(desk.locator(".messagelist")).to_contain_text("The delivery goes on")


@pytest.mark.parametrize(
    "desk", [DESKTOP, PHONE, DARK], ids=["desktop", "phone", "dark"], indirect=True
)
def test_the_pages_are_for_everybody(desk, grown):
    held = make_issue(
        "Held", state="paused", stage="held", stage_size=10, pause_reason="Held: 2 of 10 failed."
    )
    found = []
    desk.goto("/admin/")
    found += faults(desk, "first")
    watch(desk, grown)
    desk.get_by_text("As a table").click()
    found += faults(desk, "watch")
    for name, page in (
        ("group", "mails/failed/"),
        ("doubt", "mails/unknown/"),
        ("empty", "mails/claimed/"),
        ("why", "why/"),
        ("pause", "pause/"),
        ("cancel", "cancel/"),
    ):
        watch(desk, grown, page)
        found += faults(desk, name)
    finish(grown)
    watch(desk, grown)
    found += faults(desk, "report")
    watch(desk, held)
    found += faults(desk, "held")
    desk.goto("/admin/newsletter/delivery/?q=reader-1")
    found += faults(desk, "mails")
    assert found == []
