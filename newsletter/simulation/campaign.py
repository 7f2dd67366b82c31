"""The simulated campaign: readers, an issue, workers, faults, and the judge's findings."""

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config import environment
from newsletter.simulation.databases import scratch_database
from newsletter.simulation.verdict import Findings, judge
from newsletter.simulation.witness import LISTENING

BODY = "# A rehearsal\n\nEvery reader gets this mail once, and it is counted.\n"

_COUNTS = """
SELECT count(*),
       count(*) FILTER (WHERE next_at IS NOT NULL),
       count(*) FILTER (WHERE next_at IS NULL AND lease_until IS NULL)
FROM newsletter_delivery
"""
# Waits for the next try and the provider are cut short: they take days and prove nothing.
_LET_WAITS_PASS = (
    "UPDATE newsletter_delivery SET next_at = now() WHERE next_at > now()",
    "UPDATE newsletter_provider SET hold_until = now(), probe_at = now()",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: ``rules`` is the witness's JSON, ``kill_every`` seconds (0: never)."""

    readers: int
    processes: int
    rules: str
    kill_every: float
    patience: float
    """Seconds after which a campaign that is not over is given up."""


@dataclass(frozen=True, slots=True)
class Result:
    findings: Findings
    ledger: str
    seconds: float
    kills: int


def simulate(plan: Plan, progress: Callable[[int], None]) -> Result:
    """Run a campaign to its end and judge it; ``progress`` is told how many mails are done.

    Raises psycopg.Error where the server allows no second database, and TimeoutError.
    """
    with scratch_database() as url, tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "witness.txt"
        port = _free_port()
        with witness(port, seen, plan.rules):
            manage = Manage(url, port)
            issue = manage.prepare(plan.readers, Path(folder))
            with psycopg.connect(url, autocommit=True) as database:
                started = time.monotonic()
                kills = _deliver(manage, database, plan, progress)
                seconds = time.monotonic() - started
                ledger = manage("ledger", issue).strip()
                return Result(judge(database, seen), ledger, seconds, kills)


class Manage:
    """`manage.py` against the simulated database and the witness."""

    def __init__(self, url: str, port: int) -> None:
        self._environment = {
            "PATH": os.defpath,
            "APP_APPLICATION__SECRET_KEY": secrets.token_urlsafe(48),
            "APP_EMAIL__URL": f"smtp://127.0.0.1:{port}",
            "DATABASE_URL": url,
        }

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            self._command(words), env=self._environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command(words), env=self._environment, stdout=subprocess.DEVNULL
        )

    def prepare(self, readers: int, folder: Path) -> str:
        """Make the schema and the readers, publish an issue and return its id."""
        body = folder / "body.md"
        body.write_text(BODY)
        self("migrate", "--verbosity", "0")
        self("demo_data", "--subscriptions", str(readers))
        words = ("--newsletter", "default", "--subject", "A rehearsal", "--body-file", str(body))
        return self("publish", *words).split()[-1]

    def _command(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, str(environment.ROOT / "manage.py"), *words]


@contextmanager
def witness(port: int, seen: Path, rules: str) -> Iterator[subprocess.Popen[str]]:
    """Run the witness on a port of 127.0.0.1; it listens by the time it is yielded."""
    command = [sys.executable, "-m", "newsletter.simulation.witness", str(port), str(seen), rules]
    process = subprocess.Popen(command, cwd=environment.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline() != LISTENING:
            raise RuntimeError("The witness did not start; its reason stands above.")
        yield process
    finally:
        process.kill()
        process.communicate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _deliver(
    manage: Manage,
    database: psycopg.Connection[Any],
    plan: Plan,
    progress: Callable[[int], None],
) -> int:
    """Work until nothing is open, killing workers as planned; return how many were killed."""
    worker = manage.start("deliver", "--processes", str(plan.processes))
    kills, started = 0, time.monotonic()
    next_kill = started + plan.kill_every
    try:
        while True:
            ((promised, pending, done),) = database.execute(_COUNTS).fetchall()
            progress(done)
            if promised == done == plan.readers:
                return kills
            if time.monotonic() - started > plan.patience:
                raise TimeoutError
            for statement in _LET_WAITS_PASS:
                database.execute(statement)
            if plan.kill_every and pending and time.monotonic() > next_kill:
                kills += _kill_one(worker.pid)
                next_kill = time.monotonic() + plan.kill_every
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)


def _kill_one(supervisor: int) -> int:
    """Kill one of the worker processes as the kernel would: without a word."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    if not children:
        return 0
    os.kill(int(random.choice(children)), signal.SIGKILL)  # noqa: S311
    return 1
