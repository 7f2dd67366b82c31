"""The admin is loaded where its pages are needed, and nowhere else."""

import subprocess
import sys

import pytest

from config import environment

SET_UP = """
from config import environment
environment.use_settings()
import django
django.setup()
"""
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
        f"{SET_UP}from newsletter.management.commands.import_subscriptions import Command\n"
        "assert not Command.requires_system_checks"
    )


@pytest.mark.parametrize(
    "code",
    [
        "import zero2prod.wsgi",
        f"{SET_UP}from django.core import checks; checks.run_checks(tags=[checks.Tags.admin])",
        f"{SET_UP}from django.template import engines; engines['django']",
    ],
    ids=["the web", "the checks", "the tags of templates"],
)
def test_the_web_the_checks_and_the_tags_load_it(code):
    assert is_loaded_by(code)
