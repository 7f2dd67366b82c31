import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

REACH = """
import django
django.setup()
from newsletter.delivery.failpoints import reach
for visit in range(5):
    print(visit, flush=True)
    reach("after-yes")
    reach("after-claim")
"""


def reach(point, **variables):
    """Come to two failpoints five times in a process of its own."""
    environment = {"PATH": os.defpath, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    return subprocess.run(
        [sys.executable, "-c", REACH],
        cwd=ROOT,
        env={**environment, "APP_DELIVERY__FAILPOINT": point, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("point", "visits"), [("after-yes", 1), ("after-yes:1", 1), ("after-claim:3", 3)]
)
def test_a_process_is_killed_at_the_named_place_and_time(point, visits):
    process = reach(point)
    assert process.returncode == -signal.SIGKILL
    assert process.stdout.split() == [str(visit) for visit in range(visits)]


@pytest.mark.parametrize("point", ["", "after-sending", "after-yes:9"])
def test_a_process_lives_that_does_not_come_there(point):
    assert reach(point).returncode == 0


@pytest.mark.parametrize("point", ["somewhere", "after-yes:often", "after-yes:-1"])
def test_a_place_that_does_not_exist_is_a_mistake(point):
    process = reach(point)
    assert process.returncode == 1
    assert "APP_DELIVERY__FAILPOINT must be one of after-claim, after-sending" in process.stderr


def test_production_refuses_it():
    process = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            "PATH": os.defpath,
            "APP_ENVIRONMENT": "production",
            "APP_APPLICATION__BASE_URL": "https://news.example.org",
            "APP_APPLICATION__SECRET_KEY": secrets.token_urlsafe(48),
            "APP_EMAIL__SENDER": "news@example.org",
            "APP_EMAIL__URL": "smtp://mail.example.org",
            "DATABASE_URL": "postgres://me@db/news",
            "APP_DELIVERY__FAILPOINT": "after-yes",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr == (
        "APP_DELIVERY__FAILPOINT must not be set in this environment: "
        "it kills workers on purpose, for tests.\n"
    )
