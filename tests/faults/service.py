"""The service under test: its commands as processes, its ledger, and the witness it mails to."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newsletter.simulation.campaign import witness
from newsletter.simulation.verdict import Findings, judge
from tests.faults.cluster import Cluster
from tests.processes import eventually

ROOT = Path(__file__).parents[2]

_EMPTY = """
SET newsletter.truncate = on;
TRUNCATE newsletter_delivery, newsletter_issue, newsletter_consent, newsletter_subscription,
    newsletter_provider, newsletter_worker, newsletter_suppression RESTART IDENTITY CASCADE
"""
_READERS = """
INSERT INTO newsletter_subscription
    (id, newsletter_id, email, name, status, attributes, confirmed_at)
SELECT gen_random_uuid(), newsletter.id, 'reader' || number || '@example.org', '', 'confirmed',
    '{}', now()
FROM newsletter_newsletter AS newsletter, generate_series(1, %s) AS number
WHERE slug = 'default'
"""
_CONFIRMATIONS = """
WITH reader AS (
    INSERT INTO newsletter_subscription (id, newsletter_id, email, name, status, attributes)
    SELECT gen_random_uuid(), newsletter.id, %s || number || '@example.org', '',
        'pending_confirmation', '{}'
    FROM newsletter_newsletter AS newsletter, generate_series(1, %s) AS number
    WHERE slug = 'default' RETURNING id
)
INSERT INTO newsletter_delivery (id, kind, subscription_id, recipient, state)
SELECT gen_random_uuid(), 'confirmation', id, '', 'pending' FROM reader
"""


class Service:
    """Everything it starts ends with it (`close`)."""

    def __init__(self, cluster: Cluster, port: int, folder: Path) -> None:
        self.cluster = cluster
        self.port = port
        self.folder = folder
        self.seen = folder / "witness.txt"
        self._started: list[subprocess.Popen[Any]] = []
        self.variables = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "APP_APPLICATION__SECRET_KEY": "faults" * 10,
            "APP_EMAIL__URL": f"smtp://127.0.0.1:{port}",
            "PGAPPNAME": "worker",
            **cluster.environment(),
        }

    # The ledger

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with self.cluster.connect(autocommit=True) as connection:
            cursor = connection.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        self.sql(_EMPTY)

    def add_readers(self, number: int) -> None:
        self.sql(_READERS, number)

    def promise_confirmations(self, number: int, name: str = "new") -> None:
        self.sql(_CONFIRMATIONS, name, number)

    def count(self, condition: str) -> int:
        query = f"SELECT count(*) FROM newsletter_delivery WHERE {condition}"  # noqa: S608
        return int(self.sql(query)[0][0])

    def count_workers(self) -> int:
        return int(self.sql("SELECT count(*) FROM newsletter_worker")[0][0])

    def states(self) -> dict[str, int]:
        return dict(self.sql("SELECT state, count(*) FROM newsletter_delivery GROUP BY state"))

    def tokens(self) -> set[object]:
        """Return the tokens of all claims that somebody holds, dead or alive."""
        query = "SELECT DISTINCT claim_token FROM newsletter_delivery WHERE lease_until IS NOT NULL"
        return {row[0] for row in self.sql(query)}

    def findings(self) -> Findings:
        with self.cluster.connect() as connection:
            return judge(connection, self.seen)

    def let_leases_pass(self) -> None:
        """Move time: only for when every worker that holds rows is dead."""
        self.sql(
            "UPDATE newsletter_delivery SET lease_until = now() - interval '1 second' "
            "WHERE lease_until IS NOT NULL"
        )

    def let_waits_pass(self) -> None:
        """Move time: what waits for its next try, and who waits for the provider, may go on."""
        self.sql("UPDATE newsletter_delivery SET next_at = now() WHERE next_at > now()")
        self.sql("UPDATE newsletter_provider SET hold_until = now(), probe_at = now()")

    def is_over(self) -> bool:
        """Whether everything that was promised has its outcome."""
        expanding = self.sql("SELECT 1 FROM newsletter_issue WHERE state = 'expanding'")
        return not expanding and not self.count("next_at IS NOT NULL OR lease_until IS NOT NULL")

    def finish(self, *, seconds: float = 60) -> None:
        assert eventually(self.is_over, seconds=seconds), self.states()

    def finish_without_waits(self) -> None:
        """Come to the end while time is moved for whatever waits."""

        def is_over() -> bool:
            self.let_waits_pass()
            return self.is_over()

        assert eventually(is_over, seconds=60), self.states()

    # The processes

    def run(self, *arguments: str) -> str:
        """Run a command to its end and return its last line."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return (done.stdout.split("\n")[:-1] or [""])[-1]

    def publish(self, *options: str, subject: str = "News") -> int:
        body = self.folder / "body.md"
        body.write_text("# News\n\n" + "Some *words* to read. " * 30)
        said = self.run(
            *("publish", "--newsletter", "default", "--subject", subject),
            *("--body-file", str(body), *options),
        )
        return int(said.split()[-1])

    def deliver(self, *arguments: str, **variables: str) -> subprocess.Popen[Any]:
        """Start a worker."""
        return self.start("manage.py", "deliver", *arguments, **variables)

    def start(self, *words: str, **variables: str) -> subprocess.Popen[Any]:
        """Start a process of the service; the log of all is `service.log`."""
        with (self.folder / "service.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={**self.variables, **variables},
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    @contextmanager
    def witness(self, *rules: dict[str, Any]) -> Iterator[subprocess.Popen[Any]]:
        """Run the SMTP server; without it, connections are refused."""
        with witness(self.port, self.seen, json.dumps(rules)) as process:
            yield process

    def close(self) -> None:
        for process in self._started:
            for child in children(process.pid):
                kill(child)
            if process.poll() is None:
                process.kill()
            process.wait()


def children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_one(supervisor: subprocess.Popen[Any], dice: random.Random) -> bool:
    """Kill any one worker process of a supervisor."""
    found = children(supervisor.pid)
    return bool(found) and kill(dice.choice(found))


def stop(worker: subprocess.Popen[Any]) -> tuple[int, float]:
    """Send SIGTERM; return the exit code and the seconds until the end."""
    started = time.monotonic()
    worker.terminate()
    return worker.wait(timeout=30), time.monotonic() - started
