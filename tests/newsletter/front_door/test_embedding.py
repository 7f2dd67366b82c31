"""The form on other sites: in a frame, as plain HTML, with a page of thanks of their own."""

import pytest
from django.test import Client

from newsletter.models import Consent, Newsletter, Subscription
from newsletter.models.newsletters import newsletters_in
from tests.factories import default_newsletter
from tests.newsletter.front_door.posts import BROWSER, WAYS, post_form, post_page

THANKS = "https://shop.example/thanks?from=news#top"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True, raise_request_exception=False)


def change(**fields):
    Newsletter.objects.filter(slug="default").update(**fields)
    newsletters_in.cache_clear()


def addresses(slug):
    return f"/newsletters/{slug}/", f"/?newsletter={slug}", f"/subscriptions/form?newsletter={slug}"


def frame_ancestors(response):
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in response["Content-Security-Policy"].split(";")
    )
    return policy["frame-ancestors"]


@pytest.mark.parametrize("fields", [{}, {"email": "nobody"}, {"name": ""}, {"newsletter": "none"}])
def test_only_the_frame_may_be_framed_whatever_it_answers(client, fields):
    framed = [client.get("/subscriptions/form"), WAYS["frame"](client, **fields)]
    for response in framed:
        assert frame_ancestors(response) == "*"
        assert "X-Frame-Options" not in response
        assert "<script" not in response.text
        assert "script" not in response["Content-Security-Policy"]
    for response in (client.get("/"), post_page(client, **fields)):
        assert frame_ancestors(response) == "'none'"
        assert response["X-Frame-Options"] == "DENY"


def test_a_newsletter_may_name_the_sites_that_show_its_frame(client):
    change(framing_sites="https://shop.example\n\n http://127.0.0.1:9000 \n")
    for response in (client.get("/subscriptions/form"), WAYS["frame"](client)):
        assert frame_ancestors(response) == "'self' https://shop.example http://127.0.0.1:9000"


def test_the_frame_takes_a_sign_up_without_leaving_the_frame(client):
    page = client.get("/subscriptions/form?newsletter=default")
    assert 'action="/subscriptions/form?lang=en"' in page.text
    response = WAYS["frame"](client)
    assert response.status_code == 200
    assert "Check your inbox" in response.text
    assert Consent.objects.get().page == "http://testserver/subscriptions/form?newsletter=default"


def test_a_bare_form_of_another_site_is_taken_and_its_site_written_down(client):
    response = post_form(client, {**BROWSER, "Origin": "https://shop.example"})
    assert "Check your inbox" in response.text
    assert Consent.objects.get().page == "https://shop.example"


@pytest.mark.parametrize("origin", ["null", "javascript:alert(1)", "https://a b", "x" * 600, ""])
def test_an_origin_that_is_none_is_not_written_down(client, origin):
    post_form(client, {**BROWSER, "Origin": origin})
    assert Consent.objects.get().page == "http://testserver/"


def test_after_the_sign_up_a_browser_goes_where_the_newsletter_allows(client):
    change(thank_you_addresses=f"https://other.example/\n{THANKS}\n")
    response = post_page(client, return_to=THANKS)
    assert (response.status_code, response["Location"]) == (303, THANKS)
    assert Subscription.objects.exists()


def test_a_program_is_redirected_nowhere(client):
    change(thank_you_addresses=THANKS)
    assert post_form(client, return_to=THANKS).status_code == 200
    assert WAYS["json"](client, email="b@example.org", return_to=THANKS).status_code == 200
    assert WAYS["frame"](client, email="c@example.org", return_to=THANKS).status_code == 200


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://shop.example/thanks?from=news",
        "https://shop.example/thanks?from=news#topmost",
        "HTTPS://shop.example/thanks?from=news#top",
        "https://shop.example@evil.example/thanks?from=news#top",
        f"{THANKS}\r\nSet-Cookie: a=b",
        f"{THANKS}\n{THANKS}",
    ],
)
def test_no_form_leads_anywhere_else(client, way, address):
    change(thank_you_addresses=THANKS)
    response = WAYS[way](client, return_to=address)
    assert response.status_code == 400
    assert "Location" not in response
    assert not response.cookies
    assert not Subscription.objects.exists()


def test_a_mistake_on_another_site_keeps_the_way_back(client):
    change(thank_you_addresses=THANKS)
    response = post_page(client, email="nobody", return_to=THANKS)
    assert 'name="return_to" value="https://shop.example/thanks?from=news#top"' in response.text
    assert "form-action 'self' https://shop.example;" in response["Content-Security-Policy"]


@pytest.mark.parametrize("way", WAYS)
def test_a_hidden_newsletter_takes_nobody_by_its_name(client, way):
    Newsletter.objects.create(slug="board", title="Board only", is_public=False)
    newsletters_in.cache_clear()
    for slug in ("board", "BOARD", "2", str(Newsletter.objects.get(slug="board").pk)):
        response = WAYS[way](client, newsletter=slug)
        assert response.status_code == 400
        assert "There is no such newsletter" in response.text
        assert "Board only" not in response.text
    for path in (
        "/newsletters/board/",
        "/?newsletter=board",
        "/subscriptions/form?newsletter=board",
    ):
        assert client.get(path).status_code == 404
    assert not Subscription.objects.exists()


def test_a_hidden_default_newsletter_has_no_page_and_takes_nobody(client):
    default_newsletter()
    change(is_public=False)
    assert client.get("/").status_code == 404
    assert post_form(client).status_code == 400


def test_each_public_newsletter_has_a_page_and_the_pages_lead_to_each_other(client):
    Newsletter.objects.create(slug="other", title="The Other", tagline="Rarely")
    Newsletter.objects.create(slug="board", title="Board only", is_public=False)
    newsletters_in.cache_clear()
    first = client.get("/")
    assert 'href="/newsletters/other/"' in first.text
    assert "Rarely" in first.text
    assert "Board only" not in first.text
    for path in (
        "/newsletters/other/",
        "/?newsletter=other",
        "/subscriptions/form?newsletter=other",
    ):
        page = client.get(path)
        assert "The Other" in page.text
        assert 'name="newsletter" value="other"' in page.text
    post_page(client, newsletter="other")
    assert Subscription.objects.get().newsletter.slug == "other"
    assert Consent.objects.get().page == "http://testserver/newsletters/other/"
