"""A mistake in the environment stops every door with one sentence that names the variable."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment

ROOT = Path(__file__).parents[2]
DOORS = {
    "manage.py": ["manage.py", "check"],
    "gunicorn": ["-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi", "--check-config"],
    "wsgi": ["-c", "import zero2prod.wsgi"],
}
PRODUCTION = {
    "APP_ENVIRONMENT": "production",
    "APP_APPLICATION__BASE_URL": "https://news.zero2prod.dev",
    "APP_APPLICATION__SECRET_KEY": "only-for-tests-7Hq2vX9rLm4TzW8pKd3sYc6nBf1gJe5aUo0iRxQ",
    "APP_EMAIL__SENDER": "Newsletter <news@zero2prod.dev>",
    "APP_EMAIL__URL": "smtp+tls://user:hidden@mail.zero2prod.dev:587",
    "DATABASE_URL": "postgres://zero2prod@db.zero2prod.dev/newsletter",
}
MAIL_SCHEMES = ", ".join(f"{scheme}://" for scheme in environment.MAIL_SCHEMES)
NOT_A_DATABASE = "DATABASE_URL must be postgres://USER:PASSWORD@HOST:PORT/NAME."
NOT_A_PORT = "APP_APPLICATION__PORT must be a whole number from 1 to 65535, not"


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.defpath, **variables},
        check=False,
        capture_output=True,
        text=True,
    )


def setting(name: str, **variables: str) -> str:
    """Return a setting as a process with these variables sees it."""
    code = (
        "from config import environment; environment.use_settings()\n"
        f"from django.conf import settings; print(settings.{name})"
    )
    result = run("-c", code, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_environment_stops_every_door(door):
    result = run(*DOORS[door], APP_ENVIRONMENT="staging")
    sentence = "'staging' is not a supported environment. Use either `local` or `production`."
    assert (result.returncode, result.stderr) == (1, f"{sentence}\n")


@pytest.mark.parametrize("door", DOORS)
def test_a_complete_production_environment_opens_every_door(door):
    result = run(*DOORS[door], **PRODUCTION)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("missing", [name for name in PRODUCTION if name != "APP_ENVIRONMENT"])
def test_production_names_what_is_missing(missing):
    variables = {name: value for name, value in PRODUCTION.items() if name != missing}
    result = run(*DOORS["manage.py"], **variables)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{missing} is required in this environment: set it")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("APP_APPLICATION__PORT", "http", f"{NOT_A_PORT} 'http'."),
        ("APP_APPLICATION__PORT", "0", f"{NOT_A_PORT} '0'."),
        ("APP_APPLICATION__PORT", "65536", f"{NOT_A_PORT} '65536'."),
        (
            "APP_APPLICATION__BASE_URL",
            "news.example.org",
            "APP_APPLICATION__BASE_URL must be an address such as https://news.example.org, "
            "not 'news.example.org'.",
        ),
        (
            "APP_APPLICATION__BASE_URL",
            "https://news.example.org:99999",
            "APP_APPLICATION__BASE_URL must be an address such as https://news.example.org, "
            "not 'https://news.example.org:99999'.",
        ),
        (
            "APP_APPLICATION__BASE_URL",
            "https://[",
            "APP_APPLICATION__BASE_URL must be an address such as https://news.example.org, "
            "not 'https://['.",
        ),
        ("APP_SIGNUP__LIMITS", "maybe", "APP_SIGNUP__LIMITS must be true or false, not 'maybe'."),
        (
            "APP_SIGNUP__PROOF",
            "sometimes",
            "APP_SIGNUP__PROOF must be `attack` or `always` or `never`, not 'sometimes'.",
        ),
        (
            "APP_SIGNUP__ATTACK_RATE",
            "0",
            "APP_SIGNUP__ATTACK_RATE must be a whole number from 1 to 100000, not '0'.",
        ),
        (
            "APP_EMAIL__SENDER",
            "nobody",
            "APP_EMAIL__SENDER must be a sender such as `Name <name@example.org>`, not 'nobody'.",
        ),
        (
            "APP_EMAIL__URL",
            "pigeon://user:hidden@host",
            f"APP_EMAIL__URL must be an address with one of {MAIL_SCHEMES}.",
        ),
        (
            "APP_DELIVERY__UNKNOWN_POLICY",
            "forget",
            "APP_DELIVERY__UNKNOWN_POLICY must be `hold` or `resend`, not 'forget'.",
        ),
        (
            "APP_DELIVERY__RATE_PER_SECOND",
            "nan",
            "APP_DELIVERY__RATE_PER_SECOND must be a number from 0 to 1000000000, not 'nan'.",
        ),
        ("DATABASE_URL", "mysql://root:hidden@host/name", NOT_A_DATABASE),
        ("DATABASE_URL", "postgres://me:hidden@host:port/name", NOT_A_DATABASE),
        ("DATABASE_URL", "postgres://me:hidden@[/name", NOT_A_DATABASE),
        ("DATABASE_URL", "postgres://me:hidden@host", NOT_A_DATABASE),
    ],
)
def test_a_wrong_value_is_named(variable, value, sentence):
    result = run(*DOORS["manage.py"], **{variable: value})
    assert (result.returncode, result.stderr) == (1, f"{sentence}\n")


@pytest.mark.parametrize(
    ("variables", "name", "value"),
    [
        ({}, "HOST", "127.0.0.1"),
        ({}, "BASE_URL", "http://127.0.0.1:8000"),
        ({"APP_APPLICATION__PORT": "8001"}, "BASE_URL", "http://127.0.0.1:8001"),
        ({"APP_SIGNUP__LIMITS": "false"}, "SIGNUP_LIMITS", "False"),
        ({}, "SIGNUP_CHECK_MX", "False"),
        (PRODUCTION, "SIGNUP_CHECK_MX", "True"),
        ({}, "DATABASES['default']['ENGINE']", "zero2prod.local_postgres"),
        ({"DATABASE_URL": "postgres://me@db/news"}, "DATABASES['default']['HOST']", "db"),
        (
            {"DATABASE_URL": "postgres://me@db/news"},
            "DATABASES['default']['OPTIONS']",
            "{'connect_timeout': 2, 'prepare_threshold': 0, 'sslmode': 'prefer'}",
        ),
        (PRODUCTION, "HOST", "0.0.0.0"),  # noqa: S104
        (PRODUCTION, "ALLOWED_HOSTS", "['news.zero2prod.dev']"),
        (
            PRODUCTION,
            "DATABASES['default']['OPTIONS']",
            "{'connect_timeout': 2, 'prepare_threshold': 0, 'sslmode': 'require'}",
        ),
        ({**PRODUCTION, "APP_APPLICATION__HOST": "::1"}, "HOST", "::1"),
    ],
)
def test_what_a_setting_is(variables, name, value):
    assert setting(name, **variables) == value


def test_a_database_can_be_named_in_parts():
    parts = {
        "APP_DATABASE__HOST": "db",
        "APP_DATABASE__PORT": "6432",
        "APP_DATABASE__USERNAME": "me",
        "APP_DATABASE__PASSWORD": "p@ss/word",
        "APP_DATABASE__DATABASE_NAME": "news",
    }
    entry = setting("DATABASES['default']", **parts)
    for value in ("'HOST': 'db'", "'PORT': 6432", "'PASSWORD': 'p@ss/word'", "'NAME': 'news'"):
        assert value in entry


def test_a_database_that_does_not_answer_is_one_sentence():
    result = run("manage.py", "migrate", DATABASE_URL="postgres://me@127.0.0.1:1/news")
    assert result.returncode == 1
    assert result.stderr.startswith("The database failed: connection failed: ")
    assert result.stderr.count("\n") == 1
