"""How often an issue is opened and followed: numbers without people, and without machines."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from newsletter import counting, links
from newsletter.models import Newsletter, Reading, Visit
from newsletter.rendering import counted
from newsletter.rendering.issues import issue_template, preview
from newsletter.rendering.mime import Personal
from tests.factories import default_newsletter, make_issue

BODY = """Read [one](https://one.example/a?b=1&c=2), [two](https://two.example/),
[again one](https://one.example/a?b=1&c=2) and [write](mailto:me@example.org).

    <a href="https://code.example/">code</a>
"""
ADDRESSES = ["https://one.example/a?b=1&c=2", "https://two.example/"]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

pytestmark = pytest.mark.django_db


@pytest.fixture
def newsletter():
    newsletter = default_newsletter()
    newsletter.counts_readers = True
    newsletter.save()
    return newsletter


@pytest.fixture
def issue(newsletter):
    return make_issue(state="sent", body=BODY, newsletter=newsletter, published_at=timezone.now())


def ask(issue, place, *, program=FIREFOX, client="192.0.2.1", method="get", **headers):
    browser = Client(REMOTE_ADDR=client)
    return getattr(browser, method)(
        f"/counted/{issue.pk}/{place}", headers={"user-agent": program, **headers}
    )


def settle_later():
    Visit.objects.update(at=timezone.now() - counting.PATIENCE - timedelta(seconds=1))
    counting.settle()
    assert not Visit.objects.exists()
    return dict(Reading.objects.values_list("place", "times"))


def mail_of(issue, **options):
    token = links.unsubscribe_token(uuid4())
    content = issue_template(issue, **options).fill(Personal(uuid4(), "a@example.org", token, {}))
    message = message_from_bytes(content, policy=default)
    return message.get_body(("html",)).get_content(), message.get_body(("plain",)).get_content()


def test_by_default_nothing_in_a_mail_is_counted():
    html, _ = mail_of(make_issue(body=BODY))
    assert "counted" not in html
    assert ADDRESSES[1] in html


def test_a_newsletter_that_counts_has_the_same_addresses_for_everybody(issue):
    first, plain = mail_of(issue)
    second, _ = mail_of(issue)
    found = [re.findall(r'"(http://testserver/counted/[^"]*)"', html) for html in (first, second)]
    place = f"http://testserver/counted/{issue.pk}"
    assert found[0] == [f"{place}/1", f"{place}/2", f"{place}/1", f"{place}/0"]
    assert found[0] == found[1]
    assert "mailto:me@example.org" in first
    assert "code.example" in first, "code is text"
    assert "counted" not in plain


def test_a_test_mail_and_a_preview_are_not_counted(issue):
    assert "counted" not in mail_of(issue, test=True)[0]
    assert "counted" not in preview(issue).html


def test_the_places_of_an_issue_are_its_web_links():
    assert counted.addresses(BODY) == ADDRESSES


def test_a_link_leads_on_and_the_picture_is_a_picture(issue):
    response = ask(issue, 1)
    assert (response.status_code, response["Location"]) == (302, ADDRESSES[0])
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    picture = ask(issue, 0)
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/gif")
    assert settle_later() == {0: 1, 1: 1}


@pytest.mark.parametrize("place", [3, 99999, 10**30])
def test_there_is_no_redirection_to_anywhere_else(issue, place):
    assert ask(issue, place).status_code == 404


def test_an_issue_that_is_not_published_leads_nowhere(newsletter):
    draft = make_issue(body=BODY, newsletter=newsletter)
    assert ask(draft, 1).status_code == 404


def test_who_looks_twice_within_the_wait_is_one_visit_and_two_are_two(issue):
    for client in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        ask(issue, 0, client=client)
    assert settle_later() == {0: 2}
    ask(issue, 0)
    assert settle_later() == {0: 3}


@pytest.mark.parametrize(
    "program",
    ["", "curl/8.0", "Googlebot/2.1", "python-requests/2", "BarracudaCentral", "HeadlessChrome/1"],
)
def test_machines_that_say_so_are_led_on_and_not_counted(issue, program):
    assert ask(issue, 1, program=program).status_code == 302
    assert settle_later() == {}


@pytest.mark.parametrize(
    "how",
    [
        {"method": "head"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ],
)
def test_who_only_looks_ahead_is_not_counted(issue, how):
    assert ask(issue, 1, **how).status_code == 302
    assert settle_later() == {}


def test_who_follows_four_links_in_ten_seconds_is_a_machine(newsletter):
    body = " ".join(f"[l](https://example.org/{number})" for number in range(6))
    issue = make_issue(state="sent", body=body, published_at=timezone.now())
    for place in range(5):
        ask(issue, place, client="192.0.2.9")
    for place in range(4):
        ask(issue, place, client="192.0.2.1")
    assert settle_later() == {0: 1, 1: 1, 2: 1, 3: 1}


def test_who_takes_his_time_is_none(newsletter):
    body = " ".join(f"[l](https://example.org/{number})" for number in range(6))
    issue = make_issue(state="sent", body=body, published_at=timezone.now())
    for place in range(1, 6):
        ask(issue, place)
        old = timezone.now() - timedelta(hours=1) + timedelta(seconds=20 * place)
        Visit.objects.filter(place=place).update(at=old)
    counting.settle()
    assert Reading.objects.count() == 5


def test_what_is_young_waits(issue):
    ask(issue, 0)
    assert counting.settle() == 0
    assert Visit.objects.count() == 1


def test_nothing_of_a_visit_says_who_it_was(issue):
    ask(issue, 0)
    kept = str(list(Visit.objects.values()))
    assert "192.0.2.1" not in kept
    assert "Firefox" not in kept
    settle_later()
    assert {field.name for field in Reading._meta.fields} == {"id", "issue", "place", "times"}


def test_switched_off_it_leads_on_and_counts_no_more(issue):
    Newsletter.objects.update(counts_readers=False)
    assert ask(issue, 1).status_code == 302
    assert settle_later() == {}


def test_the_report_says_it(issue):
    ask(issue, 0)
    ask(issue, 2)
    settle_later()
    report = counting.report(issue)
    assert report.opened == 1
    assert report.followed == [(ADDRESSES[0], 0), (ADDRESSES[1], 1)]
    assert counting.report(make_issue("Other", newsletter=other_newsletter())) is None


def other_newsletter():
    return Newsletter.objects.create(slug="other", title="Other")
