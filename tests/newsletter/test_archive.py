import re
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from newsletter.models import Issue, Newsletter
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


def make_published(subject="The first issue", *, days_ago=0, **fields):
    published_at = timezone.now() - timedelta(days=days_ago)
    return make_issue(subject, state=Issue.State.SENT, published_at=published_at, **fields)


def test_published_issues_are_listed_newest_first(client):
    make_published("Older", days_ago=2)
    make_published("Newer", days_ago=1)
    text = client.get("/issues/").text
    assert 0 < text.index("Newer") < text.index("Older")


def test_an_empty_archive_says_so(client):
    assert "Nothing is published yet" in client.get("/issues/").text


def test_a_long_archive_has_pages(client):
    for number in range(51):
        make_published(f"Issue number {number:03}", days_ago=number)
    assert "number 050" not in client.get("/issues/").text
    older = re.search(r'href="(\?before=[^"]+)" rel="next"', client.get("/issues/").text)[1]
    text = client.get(f"/issues/{older}").text
    assert "number 050" in text
    assert "number 049" not in text
    newer = re.search(r'href="(\?after=[^"]+)" rel="prev"', text)[1]
    assert client.get(f"/issues/{newer}").text.count("number 0") == 50


def test_an_issue_is_shown_as_html_and_its_script_is_not(client):
    make_published(body="# Hi\n\n*you* <script>alert(1)</script> {{ settings.SECRET_KEY }}")
    response = client.get("/issues/the-first-issue/")
    assert response.status_code == 200
    assert "<em>you</em>" in response.text
    assert "<script" not in response.text
    assert "{{ settings.SECRET_KEY }}" in response.text
    assert "script-src" not in response["Content-Security-Policy"]
    assert not response.cookies


@pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
def test_what_is_not_published_is_not_public(client, state):
    make_issue(state=state)
    assert client.get("/issues/the-first-issue/").status_code == 404
    assert "The first issue" not in client.get("/issues/").text
    assert "The first issue" not in client.get("/issues/feed/").text


def test_another_newsletters_issues_are_not_in_this_archive(client):
    make_published(newsletter=Newsletter.objects.create(slug="other", title="Other"))
    assert client.get("/issues/the-first-issue/").status_code == 404


def test_the_feed_is_atom_with_addresses_below_the_base_url(client, settings):
    settings.BASE_URL = "https://news.example.org"
    make_published(body="Hello & *you*")
    response = client.get("/issues/feed/")
    assert response["Content-Type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    feed = ET.fromstring(response.content)  # noqa: S314 - this service wrote it
    entry = feed.find(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "The first issue"
    link = entry.find(f"{atom}link").get("href")
    assert link == "https://news.example.org/issues/the-first-issue/"
    assert "<em>you</em>" in entry.findtext(f"{atom}summary")


def test_a_list_takes_three_queries_and_an_issue_two(client, django_assert_num_queries):
    make_published()
    with django_assert_num_queries(3):
        client.get("/issues/")
    with django_assert_num_queries(2):
        client.get("/issues/the-first-issue/")
