"""What an operator reads when the database is not what a command needs."""

import os
import subprocess
import sys

import pytest

from newsletter.simulation.databases import scratch_database


@pytest.mark.django_db
def test_a_schema_of_another_version_is_one_sentence():
    with scratch_database() as url:
        done = subprocess.run(
            [sys.executable, "manage.py", "ledger", "1"],
            env={"PATH": os.defpath, "DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
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
