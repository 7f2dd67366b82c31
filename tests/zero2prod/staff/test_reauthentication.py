"""The password once more, before a mail goes to everybody."""

import time

import pytest
from django.test import Client

from newsletter.models import Issue
from tests.factories import make_issue
from tests.staff import PASSWORD, enter, post_password
from zero2prod.staff.reauthentication import _SESSION_KEY

AGAIN = "/admin/password/"


@pytest.fixture
def publish(db):
    return f"/admin/newsletter/issue/{make_issue().pk}/publish/"


@pytest.fixture
def later(client, phone):
    """A member who gave his password sixteen minutes ago."""
    enter(client, phone)
    session = client.session
    session[_SESSION_KEY] = time.time() - 16 * 60
    session.save()
    return client


def test_it_is_not_asked_for_again_at_once(client, phone, publish):
    enter(client, phone)
    assert client.get(publish).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_after_a_quarter_of_an_hour_it_is(later, publish, method):
    answer = getattr(later, method)(publish)
    assert answer["Location"].startswith(f"{AGAIN}?next=")
    assert Issue.objects.get().state == "draft"


def test_it_leads_back_to_the_page_that_asks(later, publish):
    asked = later.get(publish, follow=True)
    assert b"Your password again" in asked.content
    back = later.post(AGAIN, {"password": PASSWORD, "next": publish}, follow=True)
    assert back.redirect_chain[-1][0] == publish
    assert b"Check and send" in back.content


def test_a_wrong_one_opens_nothing(later, publish):
    answer = later.post(AGAIN, {"password": "wrong", "next": publish})
    assert "not your password" in answer.content.decode()
    assert later.get(publish).status_code == 302


def test_the_session_gets_a_new_key(later):
    key = later.session.session_key
    later.post(AGAIN, {"password": PASSWORD})
    assert later.session.session_key != key
    assert later.get("/admin/").status_code == 200


def test_what_cannot_do_harm_is_not_asked_for(later, publish):
    assert later.get(publish.replace("publish", "preview")).status_code == 200


@pytest.mark.parametrize(
    "then",
    ["//evil.example", "javascript:alert(1)", "\\\\evil.example", "https://evil.example", ""],
)
def test_it_leads_to_no_other_site(later, then):
    """C18."""
    answer = later.post(AGAIN, {"password": PASSWORD, "next": then})
    assert answer["Location"] == "/admin/"


@pytest.mark.parametrize("then", ["//evil.example", "javascript:alert(1)", "\\\\evil.example"])
def test_neither_does_the_log_in(ursula, then):
    """C18."""
    assert "evil" not in post_password(Client(), next=then)["Location"]
    answer = Client().post(
        f"/admin/login/?next={then}", {"username": "ursula", "password": PASSWORD}
    )
    assert answer["Location"].startswith("/")
    assert "evil" not in answer["Location"]


@pytest.mark.parametrize("path", ["/admin/auth/user/add/", "/admin/auth/group/add/"])
def test_accounts_and_roles_ask_for_it(later, ursula, path):
    type(ursula).objects.update(is_superuser=True)
    assert later.get(path)["Location"].startswith(AGAIN)
