"""Imports that are killed, imported by two hands, or met by sign-ups."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from newsletter import importing
from newsletter.importing import reports, steps
from newsletter.importing.working import Importer
from newsletter.models import Consent, Import, ImportRow, Subscription
from tests.acceptance.service import database
from tests.factories import default_newsletter
from tests.newsletter.importing.files import SOURCE, choose, fates, keep, work
from tests.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[3]
ROWS = 30_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "readers.csv"
    with path.open("w") as opened:
        opened.write("email,name,tags\n")
        for number in range(ROWS):
            opened.write(f'reader{number % (ROWS - 5000)}@example.org,Ada Kim,"a,b"\n')
    return path


@pytest.fixture
def command() -> Iterator[object]:
    default_newsletter()
    connection.ensure_connection()
    environment = {**os.environ, **database()}
    # As a service of its own: the settings of the tests forget which database is named.
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "import_subscriptions", *map(str, words)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()


def progress() -> tuple[str, int]:
    batch = Import.objects.first()
    return (batch.state, batch.read_lines + batch.counts.get("done", 0)) if batch else ("", 0)


def test_kills_at_any_moment_lose_nobody_and_double_nobody(file, command):
    dice = random.Random(5)  # noqa: S311
    process = command(file, "--source", SOURCE)
    # Until the file is kept there is nothing to resume: the command is just given again.
    assert eventually(lambda: progress()[0] in {"reading", "importing"}, seconds=30)
    kills = 0
    while process.poll() is None:
        before = progress()
        time.sleep(dice.uniform(0, 0.2))
        eventually(lambda: progress() != before or process.poll() is not None, seconds=30)  # noqa: B023
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
        assert Subscription.objects.count() == Consent.objects.filter(act="imported").count()
        if Import.objects.get().state == Import.State.DONE:
            break
        process = command("--resume", Import.objects.get().pk)
    batch = Import.objects.get()
    assert kills >= 3
    assert batch.state == Import.State.DONE
    assert fates(batch) == {"new": ROWS - 5000}
    assert reports.report(batch).merged == 5000
    assert Subscription.objects.count() == Consent.objects.count() == ROWS - 5000


def test_a_worker_goes_on_where_a_killed_one_stopped():
    batch = keep("email\n" + "".join(f"reader{number}@example.org\n" for number in range(25_000)))
    choose(batch)
    importing.step()
    first = ImportRow.objects.count()
    importer = Importer()
    while importer.step():
        pass
    assert 0 < first < 25_000
    assert Subscription.objects.count() == 25_000
    assert not ImportRow.objects.exists()


def in_threads(*acts) -> None:
    def run(act):
        try:
            act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_imports_of_the_same_people_at_once_make_each_of_them_once():
    addresses = [f"reader{number}@example.org" for number in range(25_000)]
    one = keep("email\n" + "\n".join(addresses))
    other = keep("email,tags\n" + "".join(f"{each},new\n" for each in reversed(addresses)))
    for batch in (one, other):
        choose(batch, update=True)
    in_threads(lambda: work(one), lambda: work(other))
    found = [fates(Import.objects.get(pk=batch.pk)) for batch in (one, other)]
    assert sum(found_in.get("new", 0) for found_in in found) == 25_000
    assert Subscription.objects.count() == Consent.objects.count() == 25_000
    # Who met the other's rows looked at them once more, as they were after it.
    assert not Subscription.objects.exclude(tags=["new"]).exists()


def test_an_import_that_an_earlier_release_began_goes_on_where_it_was():
    batch = keep("email\nada@example.org\nbea@example.org\n")
    choose(batch)
    importing.step(only=batch.pk)
    Import.objects.update(through="ada@example.org")
    work(batch)
    assert Subscription.objects.get().email == "bea@example.org"


def test_a_range_during_which_the_import_is_cancelled_leaves_nothing():
    batch = keep("email\nada@example.org\n")
    choose(batch)
    importing.step(only=batch.pk)

    def cancel_first(execute, sql, *rest):
        if "INSERT INTO newsletter_subscription" in sql:
            in_threads(lambda: importing.cancel(import_id=batch.pk))
        return execute(sql, *rest)

    with connection.execute_wrapper(cancel_first):
        importing.step(only=batch.pk)
    batch.refresh_from_db()
    assert batch.state == Import.State.CANCELLED
    assert not Subscription.objects.exists()


def test_two_hands_on_one_import_share_its_steps():
    batch = keep("email\n" + "".join(f"reader{number}@example.org\n" for number in range(30_000)))
    choose(batch)
    in_threads(*[lambda: work_on(batch)] * 3)
    batch.refresh_from_db()
    assert fates(batch) == {"new": 30_000}


def work_on(batch: Import) -> None:
    while importing.step(only=batch.pk):
        pass


def test_a_reader_who_acts_meanwhile_waits_for_one_step_at_most():
    """What a step holds is let go with it: no lock lasts as long as an import."""
    batch = keep("email\n" + "".join(f"reader{number}@example.org\n" for number in range(30_000)))
    choose(batch)
    waits: list[float] = []
    done = threading.Event()

    def sign_up() -> None:
        number = 0
        while not done.is_set():
            begun = time.monotonic()
            Subscription.objects.get_or_create(
                newsletter=default_newsletter(), email=f"reader{29_000 + number}@example.org"
            )
            waits.append(time.monotonic() - begun)
            number += 1

    def finish() -> None:
        work(batch)
        done.set()

    in_threads(finish, sign_up)
    assert len(waits) > 3
    assert Subscription.objects.values("email").distinct().count() == Subscription.objects.count()


def test_an_import_of_a_command_is_not_the_workers():
    batch = keep("email\nada@example.org\n")
    Import.objects.update(is_manual=True)
    choose(Import.objects.get(pk=batch.pk))
    assert not importing.step()
    assert steps.step(only=batch.pk)
