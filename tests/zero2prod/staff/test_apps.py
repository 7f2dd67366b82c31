"""The admin is loaded where its pages are needed, and nowhere else."""

import subprocess
import sys

import pytest

from config import environment

LOADED = "print('newsletter.admin.issues' in __import__('sys').modules)"


def is_loaded_by(code: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}"],
        cwd=environment.ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()[-1] == "True"


def test_a_command_without_checks_starts_without_the_admin():
    assert not is_loaded_by(
        "from config import environment; environment.use_settings()\n"
        "import django; django.setup()\n"
        "from newsletter.management.commands.import_subscriptions import Command\n"
        "assert not Command.requires_system_checks"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import zero2prod.wsgi",
        "from config import environment; environment.use_settings()\n"
        "import django; django.setup()\n"
        "from django.core import checks; checks.run_checks(tags=[checks.Tags.admin])",
    ],
    ids=["the web", "the checks"],
)
def test_the_web_and_the_checks_load_it(code):
    assert is_loaded_by(code)
