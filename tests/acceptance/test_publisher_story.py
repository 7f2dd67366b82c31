"""The publisher's story, with the real processes and a real mail server."""

import json
from collections import Counter

import pytest
from django.db.models.functions import Now

from newsletter.models import Issue, Newsletter
from tests.acceptance.desk import Desk
from tests.acceptance.service import Service, issue_id
from tests.processes import eventually

READERS = 200
ISSUES = "/admin/newsletter/issue/"
STATES = ("pending", "claimed", "sending", "sent", "failed", "skipped", "unknown")
BODY = "# On doors\n\nA door is *slow* on purpose.\n"


@pytest.fixture
def readers(running_service) -> Service:
    """The running service with its readers."""
    said = running_service.run("demo_data", "--subscriptions", str(READERS))
    assert said.returncode == 0, said.stderr
    return running_service


@pytest.fixture
def desk(readers) -> Desk:
    readers.hire_editor()
    desk = Desk(readers.url)
    assert "Log out" in desk.log_in().text
    return desk


def account(service: Service, issue: object) -> dict[str, int]:
    return json.loads(service.run("ledger", str(issue), "--json").stdout)


def wait_until_sent(service: Service, issue: object) -> dict[str, int]:
    assert eventually(lambda: Issue.objects.get(pk=issue).state == "sent", seconds=90)
    return account(service, issue)


def copies(service: Service, subject: str) -> Counter[str]:
    """Count what each person got under a subject."""
    found = [letter for letter in service.mail.letters if letter.message["Subject"] == subject]
    return Counter(letter.recipient for letter in found)


def test_an_editor_writes_looks_tries_and_publishes(readers, desk):
    newsletter = Newsletter.objects.get()
    written = desk.fill_in(
        f"{ISSUES}add/", newsletter=newsletter.pk, subject="On doors", body=BODY, _continue="1"
    )
    issue = Issue.objects.get().pk
    page = f"{ISSUES}{issue}"
    assert written.url.endswith(f"{page}/change/")

    assert "A door is slow on purpose." in desk.read(f"{page}/preview/")
    assert "<em" in desk.get(f"{page}/preview/html/").text

    desk.fill_in(f"{page}/test/", address="stranger@example.org")
    tried = readers.mail.wait_for("stranger@example.org")
    assert tried.message["Subject"] == "[Test] On doors"
    assert copies(readers, "On doors") == {}

    assert f"{READERS} readers of" in desk.read(f"{page}/publish/")
    desk.send(page)
    desk.fill_in(f"{page}/take-back/")
    assert Issue.objects.get().state == "draft"
    desk.send(page)
    Issue.objects.update(publish_at=Now())  # Instead of waiting for the minute to pass.
    summed = wait_until_sent(readers, issue)
    assert (summed["total"], summed["sent"]) == (READERS, READERS)
    assert sum(summed[state] for state in STATES) == READERS
    got = copies(readers, "On doors")
    assert (len(got), set(got.values())) == (READERS, {1})
    assert f"{READERS} = {READERS} sent" in desk.read(f"{page}/change/")


def test_a_key_publishes_once_and_takes_no_other_content(readers):
    first = issue_id(readers.publish("On doors", BODY, "--key", "issue-1"))
    again = issue_id(readers.publish("On doors", BODY, "--key", "issue-1"))
    assert first == again
    refused = readers.publish("On windows", BODY, "--key", "issue-1")
    assert refused.returncode != 0
    assert "issue-1" in refused.stderr

    assert wait_until_sent(readers, first)["sent"] == READERS
    assert Issue.objects.count() == 1
    got = copies(readers, "On doors")
    assert (len(got), set(got.values())) == (READERS, {1})
    identifiers = {letter.message["Message-ID"] for letter in readers.mail.letters}
    assert len(identifiers) == READERS
