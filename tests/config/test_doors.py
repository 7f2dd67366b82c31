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
