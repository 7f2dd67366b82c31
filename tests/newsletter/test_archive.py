"""The archive's pages: what is listed, what is not, and what a cache may keep."""

import gzip
import re
from html.parser import HTMLParser
from itertools import chain

import pytest
from django.utils import timezone
from django.utils.http import http_date

from newsletter import links
from newsletter.models import Issue, Newsletter
from newsletter.paging import ISSUES_A_PAGE
from tests.factories import default_newsletter, make_issue
from tests.newsletter.archived import HOSTILE, make_published, other_newsletter

pytestmark = pytest.mark.django_db
PAGE = "/issues/the-first-issue/"


def test_published_issues_are_listed_newest_first(client):
    make_published("Older", days_ago=2)
    make_published("Newer", days_ago=1)
    text = client.get("/issues/").text
    assert 0 < text.index("Newer") < text.index("Older")


def test_an_empty_archive_says_so(client):
    assert "Nothing is published yet" in client.get("/issues/").text


class TestPaging:
    def pages(self, client, relation, path="/issues/"):
        """Yield the subjects of each page, following one kind of link to its end."""
        while path:
            text = client.get(path).text
            yield re.findall(r"number \d+", text)
            found = re.search(rf'href="([^"]+)" rel="{relation}"', text)
            path = found and f"/issues/{found[1]}"

    def test_every_issue_is_on_one_page_also_those_of_the_same_moment(self, client):
        at = timezone.now()
        for number in range(2 * ISSUES_A_PAGE + 10):
            make_issue(f"number {number}", state="sent", published_at=at)
        pages = list(self.pages(client, "next"))
        assert [len(page) for page in pages] == [ISSUES_A_PAGE, ISSUES_A_PAGE, 10]
        assert list(chain(*pages)) == [f"number {number}" for number in reversed(range(110))]

    def test_the_way_back_leads_to_the_first_page(self, client):
        for number in range(ISSUES_A_PAGE + 3):
            make_published(f"number {number}", days_ago=number)
        last = re.search(r'href="([^"]+)" rel="next"', client.get("/issues/").text)[1]
        back = list(self.pages(client, "prev", f"/issues/{last}"))
        assert [len(page) for page in back] == [3, ISSUES_A_PAGE]
        assert back[1] == [f"number {number}" for number in range(ISSUES_A_PAGE)]

    def test_a_page_beyond_the_end_says_so(self, client):
        make_published()
        text = client.get("/issues/?before=5-1").text
        assert "nothing further" in text
        assert "The first issue" not in text

    @pytest.mark.parametrize(
        "query", ["before=x", "before=1", "before=99999999999999999-999999999999999999", "page=2",
                  "before=-1-1", "before=\u0661-1", "after=1-1&before=", "before=1-1;DROP"]
    )  # fmt: skip
    def test_a_senseless_key_is_answered(self, client, query):
        make_published()
        assert client.get(f"/issues/?{query}").status_code == 200


class Tags(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_harmless(text):
    for tag, attributes in Tags(text).found:
        assert tag not in {"script", "svg", "style", "base", "iframe", "object", "embed"}
        assert not [name for name in attributes if name.startswith("on")]
        assert "refresh" not in attributes.values()
        for name in ("href", "src", "action"):
            address = (attributes.get(name) or "").strip().lower()
            assert not address.startswith(("javascript:", "data:", "vbscript:"))
        assert set(attributes.get("style") or "") & set("(/") == set()


class TestHostileContent:
    @pytest.mark.parametrize("field", ["subject", "preheader", "body"])
    @pytest.mark.parametrize("attack", HOSTILE)
    def test_nothing_of_it_works_in_any_page(self, client, field, attack):
        words = {"subject": "Plain", "slug": "the-first-issue", field: HOSTILE[attack]}
        make_published(**words)
        for path in ("/issues/", PAGE, "/issues/?q=alert"):
            response = client.get(path)
            assert response.status_code == 200
            assert_harmless(response.text)
            assert "script-src" not in response["Content-Security-Policy"]
            assert "default-src 'none'" in response["Content-Security-Policy"]

    @pytest.mark.parametrize("attack", HOSTILE)
    def test_a_newsletters_own_words_are_no_markup(self, client, attack):
        default_newsletter()
        Newsletter.objects.update(title=HOSTILE[attack][:100], tagline=HOSTILE[attack])
        make_published()
        for path in ("/issues/", PAGE, "/"):
            assert_harmless(client.get(path).text)

    @pytest.mark.parametrize("attack", HOSTILE)
    def test_what_is_searched_for_is_no_markup(self, client, attack):
        make_published()
        assert_harmless(client.get("/issues/", {"q": HOSTILE[attack]}).text)

    def test_template_language_is_text(self, client):
        make_published(body="*you* {{ settings.SECRET_KEY }}")
        text = client.get(PAGE).text
        assert "<em>you</em>" in text
        assert "{{ settings.SECRET_KEY }}" in text

    def test_a_field_has_what_nobody_in_particular_gets(self, client):
        make_published("For {name|you}", body="Dear {name|reader}", slug="the-first-issue")
        text = client.get(PAGE).text
        assert "For you" in text
        assert "Dear reader" in text
        assert "{name" not in text + client.get("/issues/").text


class TestVisibility:
    @pytest.mark.parametrize("state", ["draft", "scheduled", "cancelled"])
    @pytest.mark.parametrize("visibility", Issue.Visibility)
    def test_what_is_not_published_is_nowhere(self, client, state, visibility):
        make_issue(state=state, visibility=visibility)
        self.assert_unlisted(client)
        assert client.get(PAGE).status_code == 404

    def test_an_unlisted_issue_is_read_by_its_link_only(self, client):
        make_published(visibility="unlisted")
        self.assert_unlisted(client)
        response = client.get(PAGE)
        assert response.status_code == 200
        assert response["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in response.text

    def test_a_hidden_issue_is_nowhere(self, client):
        make_published(visibility="hidden")
        self.assert_unlisted(client)
        assert client.get(PAGE).status_code == 404

    def test_a_newsletter_that_is_not_public_has_no_archive(self, client):
        make_published(newsletter=other_newsletter(is_public=False))
        for path in ("issues/", "issues/feed/", "issues/feed/rss/", "issues/the-first-issue/"):
            assert client.get(f"/newsletters/other/{path}").status_code == 404
        assert "other" not in client.get("/sitemap.xml").text
        assert "Other" not in client.get("/issues/").text

    def assert_unlisted(self, client):
        for path in ("/issues/", "/issues/?q=hello", "/issues/feed/", "/issues/feed/rss/",
                     "/sitemap.xml"):  # fmt: skip
            text = client.get(path).text
            assert "The first issue" not in text
            assert "the-first-issue" not in text

    @pytest.mark.parametrize(
        "query", ["state=draft", "visibility=hidden", "newsletter__sender_email__startswith=e",
                  "o=-body", "body__contains=secret", "published_at__isnull=1", "fields=body"]
    )  # fmt: skip
    def test_no_question_but_ours_is_asked_of_the_database(self, client, query):
        """C16: a filter that strangers may name tells them what they may not read."""
        make_issue("A draft", body="secret")
        make_published()
        plain = client.get("/issues/").content
        assert client.get(f"/issues/?{query}").content == plain


class TestSeveralNewsletters:
    def test_each_has_its_own_archive_and_names_the_others(self, client):
        make_published(newsletter=other_newsletter())
        assert client.get(PAGE).status_code == 404
        first = client.get("/issues/").text
        assert "The first issue" not in first
        assert 'href="/newsletters/other/issues/"' in first
        second = client.get("/newsletters/other/issues/").text
        assert second.count('href="/newsletters/other/"') == 2
        assert 'href="/newsletters/other/issues/the-first-issue/"' in second
        page = client.get("/newsletters/other/issues/the-first-issue/").text
        assert 'href="http://testserver/newsletters/other/issues/the-first-issue/"' in page

    def test_the_default_has_one_canonical_address(self, client):
        make_published()
        page = client.get("/newsletters/default/issues/the-first-issue/").text
        assert f'<link rel="canonical" href="http://testserver{PAGE}">' in page


class TestWhatOthersMakeOfIt:
    def test_a_shared_link_has_a_card(self, client, settings):
        settings.BASE_URL = "https://news.example.org"
        make_published(
            preheader='A "line"', body="Words\n\n![x](https://pictures.example/a.png?a=1&b=2)"
        )
        tags = Tags(client.get(PAGE).text).found
        card = {
            attributes.get("property") or attributes.get("name"): attributes.get("content")
            for tag, attributes in tags
            if tag == "meta"
        }
        assert card["og:title"] == "The first issue"
        assert card["og:description"] == card["description"] == 'A "line"'
        assert card["og:url"] == f"https://news.example.org{PAGE}"
        assert card["og:image"] == "https://pictures.example/a.png?a=1&b=2"

    def test_an_issue_without_a_preheader_is_described_by_its_beginning(self, client):
        make_published(body="## Title\n\n" + "many words " * 50)
        text = client.get(PAGE).text
        description = re.search(r'name="description" content="([^"]*)"', text)[1]
        assert description.startswith("Title many words")
        assert re.search("(many|words)…$", description)
        assert len(description) <= 201

    def test_no_page_depends_on_who_asks_or_says_so_in_a_link(self, client):
        make_published()
        client.cookies["sessionid"] = client.cookies["csrftoken"] = "a" * 32
        for path in ("/issues/", PAGE, "/issues/feed/", "/sitemap.xml"):
            with_cookies = client.get(f"{path}?utm_source=x&token=secret")
            assert "Cookie" not in with_cookies.headers.get("Vary", "")
            assert not with_cookies.cookies
            assert b"secret" not in with_cookies.content

    def test_the_link_in_a_mail_is_the_canonical_address_alone(self):
        issue = make_published()
        assert links.issue_path(issue) == PAGE


class TestCaching:
    def test_a_page_may_be_kept_and_is_asked_for_again_by_its_etag(self, client):
        make_published()
        for path in ("/issues/", PAGE, "/issues/?q=hello", "/issues/feed/", "/issues/feed/rss/",
                     "/sitemap.xml", "/robots.txt", "/theme/default.css"):  # fmt: skip
            first = client.get(path)
            assert first["Cache-Control"].startswith("public, max-age=")
            assert re.fullmatch(r'"[0-9a-f]{32}"', first["ETag"])
            again = client.get(path, headers={"if-none-match": first["ETag"]})
            assert again.status_code == 304
            assert again.content == b""
            assert again["ETag"] == first["ETag"]
            assert client.get(path, headers={"if-none-match": '"x"'}).status_code == 200

    def test_an_issue_says_since_when_it_is_so(self, client):
        issue = make_published(days_ago=3)
        Newsletter.objects.update(changed_at=issue.published_at)
        stamp = int(issue.published_at.timestamp())
        assert client.get(PAGE)["Last-Modified"] == http_date(stamp)
        assert client.get(PAGE, headers={"if-modified-since": http_date(stamp)}).status_code == 304
        earlier = http_date(stamp - 60)
        assert client.get(PAGE, headers={"if-modified-since": earlier}).status_code == 200

    def test_whatever_changes_the_page_changes_its_etag(self, client):
        make_published()
        etags = [client.get(PAGE)["ETag"], client.get(f"{PAGE}?lang=de")["ETag"]]
        for change in ({"title": "New"}, {"accent": "#123456"}, {"language": "ar"}):
            Newsletter.objects.update(**change)
            etags.append(client.get(PAGE)["ETag"])
        assert len(set(etags)) == len(etags)

    def test_a_page_is_packed_for_who_unpacks_it(self, client):
        make_published()
        packed = client.get(PAGE, headers={"accept-encoding": "br, gzip"})
        plain = client.get(PAGE)
        assert packed["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed["Vary"]
        assert "Accept-Encoding" in plain["Vary"]
        assert gzip.decompress(packed.content) == plain.content
        assert packed["ETag"] != plain["ETag"]
        assert packed["Content-Length"] == str(len(packed.content))


def test_a_page_takes_few_queries(client, django_assert_num_queries):
    for number in range(5):
        make_published(f"number {number}")
    with django_assert_num_queries(3):
        client.get("/issues/")
    with django_assert_num_queries(2):
        client.get("/issues/number-1/")
    with django_assert_num_queries(2):
        client.get("/issues/feed/")
