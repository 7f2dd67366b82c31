"""When a session ends, and what it costs who is no staff."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.staff import PASSWORD, code_of, enter, post_code, post_password
from zero2prod.staff.sessions import BEGAN_AT, SEEN_AT

NEW_PASSWORD = "another long and quiet one"


def is_inside(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def age(client: Client, **moments: float) -> None:
    """Move what a session remembers into the past, by seconds."""
    session = client.session
    for key, seconds in moments.items():
        session[key] = time.time() - seconds
    session.save()


@pytest.fixture
def both(client, phone):
    """Two browsers of one member."""
    other = Client()
    enter(client, phone)
    post_password(other)
    post_code(other, code_of(phone.bin_key, ahead=1))
    assert is_inside(other)
    return client, other


def test_a_new_password_ends_the_other_sessions(both):
    """C4."""
    here, there = both
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert here.post("/admin/password_change/", form).status_code == 302
    assert is_inside(here)
    assert not is_inside(there)


def test_a_password_that_somebody_else_has_set_ends_all_sessions(both, ursula):
    user = User.objects.get(pk=ursula.pk)
    user.set_password(NEW_PASSWORD)
    user.save()
    assert not any(map(is_inside, both))


@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_who_is_no_longer_active_or_staff_is_out(both, ursula, field):
    """C4."""
    User.objects.filter(pk=ursula.pk).update(**{field: False})
    assert not any(map(is_inside, both))


def test_a_lost_factor_ends_all_sessions(both, phone):
    """C4; the tables were changed by hand."""
    phone.delete()
    for client in both:
        assert client.get("/admin/")["Location"].startswith("/admin/login/")


def test_logging_out_ends_this_session(both):
    here, there = both
    key = here.session.session_key
    here.post("/admin/logout/")
    assert not Session.objects.filter(pk=key).exists()
    assert is_inside(there)


def test_it_ends_after_half_an_hour_without_a_request(client, phone, settings):
    enter(client, phone)
    row = Session.objects.get(pk=client.session.session_key)
    assert row.expire_date <= timezone.now() + timedelta(minutes=30)
    assert client.cookies["sessionid"]["max-age"] <= 30 * 60
    Session.objects.update(expire_date=timezone.now())
    assert not is_inside(client)


def test_a_request_prolongs_it(client, phone):
    enter(client, phone)
    age(client, **{SEEN_AT: 25 * 60})
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    assert is_inside(client)
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=29)


def test_a_page_that_refreshes_itself_does_not(client, phone):
    enter(client, phone)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    age(client, **{SEEN_AT: 25 * 60})
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=5))
    client.get("/admin/", HTTP_SEC_FETCH_DEST="empty")
    assert Session.objects.get().expire_date <= timezone.now() + timedelta(minutes=5)


def test_it_ends_after_twelve_hours_whatever_is_done(client, phone):
    enter(client, phone)
    age(client, **{BEGAN_AT: 12 * 3600 - 60, SEEN_AT: 120})
    assert is_inside(client)
    assert Session.objects.get().expire_date <= timezone.now() + timedelta(seconds=61)
    age(client, **{BEGAN_AT: 12 * 3600})
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert not is_inside(client)


def test_logging_in_again_begins_anew(client, phone):
    """The second step of the session before does not count."""
    enter(client, phone)
    key = client.session.session_key
    post_password(client)
    assert client.session.session_key != key
    assert not is_inside(client)


def test_old_sessions_are_dropped_when_somebody_logs_in(client, ursula):
    Session.objects.create(pk="old", expire_date=timezone.now() - timedelta(days=1))
    post_password(client)
    assert not Session.objects.filter(pk="old").exists()


def test_cookies_stay_at_home(client, phone):
    enter(client, phone)
    for cookie in ("sessionid", "csrftoken"):
        assert client.cookies[cookie]["samesite"] == "Strict"
    assert client.cookies["sessionid"]["httponly"]


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("get", "/", None),
        ("get", "/issues/", None),
        ("post", "/subscriptions", {"name": "Paul", "email": "paul@example.org"}),
    ],
)
def test_what_readers_ask_for_costs_no_question_about_staff(client, phone, method, path, form):
    """Not even with a cookie of the admin."""
    enter(client, phone)
    with CaptureQueriesContext(connection) as asked:
        assert getattr(client, method)(path, form).status_code == 200
    tables = ("django_session", "auth_user", "otp_", "axes_", "staff_")
    queries = [query["sql"] or "" for query in asked.captured_queries]
    assert [query for query in queries if any(table in query for table in tables)] == []
