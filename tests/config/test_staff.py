"""The doors of the admin: where they are, and how hard the key is to guess."""

import json

import pytest
from django.urls import URLResolver, get_resolver

from config.staff import TAKEN
from tests.config.test_environment import DOORS, PRODUCTION, run, setting

KEY = "APP_APPLICATION__SECRET_KEY"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("key", ["changeme", "a" * 60, "1234567890" * 4, "abc" * 30])
def test_a_key_that_can_be_guessed_stops_every_door(door, key):
    result = run(*DOORS[door], **{**PRODUCTION, KEY: key})
    assert result.returncode == 1
    assert result.stderr.startswith(f"{KEY} must be 50 random characters or more")
    assert result.stderr.count("\n") == 1
    assert key not in result.stderr


def test_production_asks_for_two_steps_and_a_developers_machine_does_not():
    assert setting("STAFF_TWO_STEP_REQUIRED", **PRODUCTION) == "True"
    assert setting("STAFF_TWO_STEP_REQUIRED") == "False"
    said = {"APP_STAFF__TWO_STEP": "false"}
    assert setting("STAFF_TWO_STEP_REQUIRED", **PRODUCTION, **said) == "False"


@pytest.mark.parametrize(
    ("given", "path"),
    [("", "admin/"), ("desk-7f3a", "desk-7f3a/"), ("/desk/", "desk/"), ("a/b.c/", "a/b.c/")],
)
def test_the_admin_is_where_it_is_said(given, path):
    assert setting("ADMIN_PATH", APP_ADMIN__PATH=given) == path


@pytest.mark.parametrize("given", ["a b", "/", "..", "a//b", "ä", "desk?x", "<x>", "a/../b"])
def test_what_is_no_path_is_said(given):
    result = run(*DOORS["manage.py"], APP_ADMIN__PATH=given)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("APP_ADMIN__PATH must be a path such as")


@pytest.mark.parametrize("given", ["issues", "/static/x", "subscriptions/", "media", "metrics"])
def test_the_admin_covers_no_other_page(given):
    result = run(*DOORS["manage.py"], APP_ADMIN__PATH=given)
    assert result.returncode == 1
    assert "other pages are there" in result.stderr


def test_every_other_page_is_known_to_be_there():
    def first_parts(patterns):
        for pattern in patterns:
            route = str(pattern.pattern)
            if isinstance(pattern, URLResolver) and not route:
                yield from first_parts(pattern.url_patterns)
            else:
                yield route.partition("/")[0]

    assert set(first_parts(get_resolver().url_patterns)) - {"", "admin"} <= set(TAKEN)


def test_nothing_is_left_where_the_admin_was():
    """Pages, their links and their content policy follow the path."""
    code = (
        "from config import environment; environment.use_settings()\n"
        "import django; django.setup()\n"
        "from django.conf import settings; settings.ALLOWED_HOSTS.append('testserver')\n"
        "from django.test import Client; from django.urls import reverse; import json\n"
        "there = Client().get('/desk-7f3a/log-in/code/')\n"
        "policy = Client().get('/desk-7f3a/static-thing')['Content-Security-Policy']\n"
        "doctor = reverse('doctor')\n"
        "print(json.dumps([there.status_code, there['Location'], policy, doctor]))\n"
    )
    variables = {"APP_ADMIN__PATH": "desk-7f3a/", "APP_APPLICATION__SECRET_KEY": "k" * 50}
    result = run("-c", code, **variables)
    assert result.returncode == 0, result.stderr
    status, location, policy, doctor = json.loads(result.stdout.splitlines()[-1])
    assert (status, location) == (302, "/desk-7f3a/login/")
    assert "default-src 'self'" in policy
    assert doctor == "/desk-7f3a/doctor/"
