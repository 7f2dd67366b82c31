"""Every address below the admin, found in the route table: shut to who has not done both steps."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_issue, make_subscription
from tests.staff import enter, give_phone, make_member, post_password

pytestmark = pytest.mark.django_db

BETWEEN = {"login", "logout", "verify", "recover", "set_up_two_step"}
"""What is open between the two steps, or before them."""
SAMPLES = {"content_type_id": "1", "object_id": "1", "app_label": "newsletter", "url": "nothing"}


def addresses(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield each route below the admin, with samples in place of its parameters, and its name."""
    for pattern in patterns:
        route = before + sample(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif route.startswith("admin/"):
            yield f"/{route}", pattern.name or ""


def sample(route: str) -> str:
    """Put samples into a route, be it of `path` or of `re_path`."""
    if "(?P<app_label>" in route:
        return "newsletter/"
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: SAMPLES.get(found[1], "1"), route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: SAMPLES.get(found[1], "1"), route)
    return route.strip("^$")


ALL = sorted(set(addresses(get_resolver().url_patterns)))
SHUT = [address for address, name in ALL if name not in BETWEEN]


def test_the_sweep_finds_the_pages():
    names = {name for _, name in ALL}
    assert names >= {"index", "jsi18n", "autocomplete", "doctor", "newsletter_issue_preview"}
    assert len(SHUT) > 60


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("phone", "step"), [(True, "log-in/code"), (False, "two-step/set-up")])
def test_the_password_alone_opens_nothing(phone, step, method):
    """C17, S12."""
    member = make_member(is_superuser=True)
    if phone:
        give_phone(member)
    client = Client()
    post_password(client)
    answers = {path: getattr(client, method)(path) for path in SHUT}
    opened = [path for path, answer in answers.items() if answer.status_code != 302]
    assert opened == []
    others = {answer["Location"].partition("?")[0] for answer in answers.values()}
    assert others == {f"/admin/{step}/"}


def test_a_stranger_is_led_to_the_log_in(client):
    answers = [client.get(path) for path in SHUT]
    assert {answer.status_code for answer in answers} == {302}
    assert {answer["Location"].partition("?")[0] for answer in answers} == {"/admin/login/"}


def test_a_user_who_is_no_staff_gets_nowhere(client):
    make_member("guest").__class__.objects.update(is_staff=False)
    assert post_password(client, "guest").status_code == 200
    assert client.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("origin", ["", "https://evil.example"])
def test_no_form_is_taken_from_elsewhere(origin):
    """C3, C12: without the token, or with the Origin of another site."""
    member = make_member(is_superuser=True)
    phone = give_phone(member)
    client = Client(enforce_csrf_checks=True)
    lax = Client()
    enter(lax, phone)
    client.cookies = lax.cookies
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    token = {}
    if origin:
        client.get("/admin/password_change/")
        token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    statuses = {path: client.post(path, token, **headers).status_code for path, _ in ALL}
    taken = {path: status for path, status in statuses.items() if status not in {403, 404, 405}}
    assert taken == {}


def test_no_page_answers_a_question_about_passwords(settings):
    """C16: a filter that reads a hidden field, letter by letter."""
    settings.STAFF_TWO_STEP_REQUIRED = False
    member = make_member(is_superuser=True)
    make_issue()
    make_subscription()
    client = Client()
    client.force_login(member)
    lists = [path for path, name in ALL if name.endswith("_changelist")]
    questions = [
        "password__startswith=a",
        "user__password__startswith=a",
        "actor__password__startswith=a",
        "author__password__startswith=a",
        "owner__password__startswith=a",
        "by__password__startswith=a",
    ]
    for path in lists:
        for question in questions:
            answer = client.get(f"{path}?{question}")
            is_refused = answer.status_code == 400 or "e=1" in answer.get("Location", "")
            assert is_refused, (path, question, answer.status_code)
