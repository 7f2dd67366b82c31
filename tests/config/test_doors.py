"""What an operator reads: of a command's answer, and when the database is not what it needs."""

import os
import subprocess
import sys

import pytest

from newsletter.exporting import COLUMNS
from newsletter.simulation.databases import scratch_database


def manage(url, *words, **variables):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        env={"PATH": os.defpath, "DATABASE_URL": url, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.django_db
def test_the_stdout_of_a_command_is_its_answer_and_events_stand_beside_it():
    with scratch_database() as url:
        manage(url, "migrate", "--verbosity", "0")
        done = manage(url, "export_subscriptions")
    assert done.stdout == ",".join(COLUMNS) + "\n"
    assert "subscriptions.exported" in done.stderr


@pytest.mark.django_db
def test_a_command_writes_utf8_where_the_locale_does_not():
    """Its answer may be a file, and a name outside of the locale ended the command half-way."""
    with scratch_database() as url:
        manage(url, "migrate", "--verbosity", "0")
        done = manage(url, "doctor", PYTHONIOENCODING="latin-1")
    assert "the newsletter “Newsletter” has none" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
def test_a_schema_of_another_version_is_one_sentence():
    with scratch_database() as url:
        done = manage(url, "ledger", "1")
    assert done.returncode == 1
    assert done.stderr == (
        "The database's schema is not this version's: run `manage.py migrate`.\n"
    )


def test_an_argument_that_is_no_text_is_one_sentence():
    done = subprocess.run(
        [sys.executable, "manage.py", "why", "1", b"\xff@example.org"],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "An argument is not text in UTF-8.\n")
