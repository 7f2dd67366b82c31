"""The archive for programs: Atom, RSS, the site map, robots.txt."""

from xml.etree import ElementTree as ET

import pytest

from newsletter.feeds import ISSUES_IN_FEED
from newsletter.models import Newsletter
from tests.factories import default_newsletter
from tests.newsletter.archived import HOSTILE, make_published, other_newsletter

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "https://news.example.org"


@pytest.fixture(autouse=True)
def _base_url(settings):
    settings.BASE_URL = SITE


def parsed(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response, ET.fromstring(response.content)  # noqa: S314 - this service wrote it


def test_atom_has_addresses_below_the_base_url(client):
    make_published(body="Hello & *you*")
    response, feed = parsed(client, "/issues/feed/")
    assert response["Content-Type"].startswith("application/atom+xml")
    entry = feed.find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "The first issue"
    assert entry.find(f"{ATOM}link").get("href") == f"{SITE}/issues/the-first-issue/"
    assert "<em>you</em>" in entry.findtext(f"{ATOM}summary")


def test_atom_has_what_the_standard_demands(client):
    """RFC 4287, 4.1.1 and 4.1.2."""
    make_published()
    _, feed = parsed(client, "/issues/feed/")
    entry = feed.find(f"{ATOM}entry")
    for element in (feed, entry):
        for name in ("id", "title", "updated"):
            assert element.findtext(f"{ATOM}{name}"), name
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    own = [link.get("href") for link in feed.iter(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == [f"{SITE}/issues/feed/"]


def test_rss_says_the_same(client):
    make_published(body="Hello & *you*")
    response, feed = parsed(client, "/issues/feed/rss/")
    assert response["Content-Type"].startswith("application/rss+xml")
    item = feed.find("channel/item")
    assert item.findtext("title") == "The first issue"
    assert item.findtext("link") == item.findtext("guid") == f"{SITE}/issues/the-first-issue/"
    assert "<em>you</em>" in item.findtext("description")
    assert item.findtext("pubDate")


def test_a_feed_speaks_the_newsletters_language(client):
    default_newsletter()
    Newsletter.objects.update(language="ar")
    _, feed = parsed(client, "/issues/feed/")
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "ar"


def test_a_feed_has_the_latest_issues(client):
    for number in range(ISSUES_IN_FEED + 1):
        make_published(f"Number {number}", days_ago=number)
    _, feed = parsed(client, "/issues/feed/")
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles == [f"Number {number}" for number in range(ISSUES_IN_FEED)]


def test_another_newsletter_has_its_own_feeds(client):
    make_published(newsletter=other_newsletter())
    _, feed = parsed(client, "/newsletters/other/issues/feed/")
    link = feed.find(f"{ATOM}entry/{ATOM}link").get("href")
    assert link == f"{SITE}/newsletters/other/issues/the-first-issue/"


@pytest.mark.parametrize("path", ["/issues/feed/", "/issues/feed/rss/"])
@pytest.mark.parametrize("field", ["subject", "preheader", "body"])
@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_content_is_text_in_a_feed(client, path, field, attack):
    make_published(**{"subject": "Plain", "slug": "the-first-issue", field: HOSTILE[attack]})
    _, feed = parsed(client, path)
    assert {element.tag.rpartition("}")[2] for element in feed.iter()}.isdisjoint({"script", "img"})
    html = " ".join(feed.itertext())
    for sign in ("<script", "onerror=", "onload=", "<svg", "<base", 'style="background'):
        if field == "body":
            assert sign not in html


def test_characters_that_xml_cannot_hold_break_no_feed(client):
    make_published("A\x0bB", body="C\x0c\ufffeD", slug="the-first-issue")
    _, feed = parsed(client, "/issues/feed/")
    assert feed.findtext(f"{ATOM}entry/{ATOM}title") == "A B"


def test_the_site_map_has_what_may_be_found(client):
    make_published()
    make_published("Unlisted", visibility="unlisted")
    make_published("Elsewhere", newsletter=other_newsletter())
    _, site = parsed(client, "/sitemap.xml")
    addresses = [
        element.text.removeprefix(SITE) for element in site.iter() if element.tag.endswith("}loc")
    ]
    assert sorted(addresses) == [
        "/",
        "/issues/",
        "/issues/the-first-issue/",
        "/newsletters/other/",
        "/newsletters/other/issues/",
        "/newsletters/other/issues/elsewhere/",
    ]


def test_robots_are_told_where_the_site_map_is_and_what_is_not_theirs(client):
    text = client.get("/robots.txt").text
    assert f"Sitemap: {SITE}/sitemap.xml" in text
    assert "Disallow: /subscriptions\n" in text
    assert "admin" not in text
