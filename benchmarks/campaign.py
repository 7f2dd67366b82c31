"""One campaign from publish to the last mail, beside the bare sender and plain `smtplib`, in one run.

`python benchmarks/campaign.py [--readers 50000] [--processes 2] [--connections 2]`; see README.md.
"""

import argparse
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import bare_sender  # noqa: E402
from config import environment  # noqa: E402

DATABASE = "newsletter_benchmark"
BODY = "# News\n\n" + "Every reader gets this mail once, and it is counted.\n\n" * 45


def main() -> None:
    options = arguments()
    with sink() as port, database() as url:
        manage = Manage(url, port, options.connections)
        manage("migrate", "--verbosity", "0")
        manage("demo_data", "--subscriptions", str(options.readers))
        mails = min(options.readers, 40_000)
        report("bare sender", bare_sender.run(port, mails, options.processes, options.connections))
        report("plain smtplib, one connection", plain(port, 3_000))
        for _ in range(options.rounds):
            campaign(manage, url, options)
        report("bare sender", bare_sender.run(port, mails, options.processes, options.connections))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    return parser.parse_args()


def report(what: str, rate: float, note: str = "") -> None:
    print(f"{what:32} {rate:10,.0f} mails/s  {note}  (load {os.getloadavg()[0]:.1f})", flush=True)


class Manage:
    """`manage.py` with the benchmark's environment."""

    def __init__(self, url: str, port: int, connections: int) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "APP_EMAIL__URL": f"smtp://127.0.0.1:{port}",
            "APP_DELIVERY__CONNECTIONS": str(connections),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *words]

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words), env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout


@contextmanager
def sink() -> Iterator[int]:
    """Start Postfix's smtp-sink where it is installed, else the one in this folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, str(ROOT / "benchmarks/sink.py"), str(port)]
    if shutil.which("smtp-sink"):
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = ["smtp-sink", *user, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command)
    time.sleep(0.5)
    print(f"sink: {Path(command[0]).name}")
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def database() -> Iterator[str]:
    """Make a database of its own on the configured server; yield its URL."""
    environment.use_settings()
    import django
    from django.db import connection

    django.setup()
    parameters = connection.get_connection_params()
    host, user = parameters.get("host", ""), parameters.get("user", "")
    server = psycopg.connect(
        host=host, port=parameters.get("port"), user=user, password=parameters.get("password"),
        dbname="postgres", autocommit=True,
    )
    server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
    server.execute(f"CREATE DATABASE {DATABASE}")
    login = f"{user}:{quote(parameters.get('password') or '')}"
    yield f"postgres://{login}@/{DATABASE}?host={quote(host, safe='')}&port={parameters.get('port', 5432)}"
    server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def plain(port: int, mails: int) -> float:
    template = bare_sender.template()
    started = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(mails):
            address = f"reader-{number}@example.org"
            content = template.fill(bare_sender.Personal(bare_sender.uuid4(), address, "t" * 66))
            smtp.sendmail("news@example.org", [address], content)
    return mails / (time.monotonic() - started)


def campaign(manage: Manage, url: str, options: argparse.Namespace) -> None:
    """Publish to a waiting worker and time the last mail; then ask the database what it cost."""
    with tempfile.NamedTemporaryFile("w", suffix=".md") as body, psycopg.connect(
        url.replace("postgres://", "postgresql://"), autocommit=True
    ) as watcher:
        body.write(BODY)
        body.flush()
        worker = subprocess.Popen(
            manage.command("deliver", "--processes", str(options.processes)),
            env=manage.environment, stdout=subprocess.DEVNULL,
        )
        time.sleep(2.5)
        before = costs(watcher)
        words = manage("publish", "--newsletter", "default", "--subject", "Benchmark",
                       "--body-file", body.name)
        issue = int(words.split()[-1])
        memory = 0
        while True:
            state, published, finished = watcher.execute(
                "SELECT state, published_at, finished_at FROM newsletter_issue WHERE id = %s", [issue]
            ).fetchone()
            if state == "sent":
                break
            memory = max(memory, resident(worker.pid))
            time.sleep(0.2)
        (first,) = watcher.execute(
            "SELECT min(finished_at) - %s FROM newsletter_delivery WHERE issue_id = %s",
            [published, issue],
        ).fetchone()
        after = costs(watcher)
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)
        account = json.loads(manage("ledger", str(issue), "--json"))
    seconds = (finished - published).total_seconds()
    commits, wal = ((b - a) / account["sent"] for a, b in zip(before, after, strict=True))
    note = (
        f"{account['sent']:,} of {account['total']:,} in {seconds:.1f} s, first after "
        f"{first.total_seconds():.2f} s; {commits:.2f} commits and {wal / 1000:.2f} kB WAL a mail; "
        f"{memory / 2**20:.0f} MB"
    )
    report("campaign, ledger complete", account["sent"] / seconds, note)


def costs(watcher: psycopg.Connection) -> tuple[float, float]:
    """Return the commits and the bytes of WAL so far."""
    time.sleep(1.1)  # statistics are sent once a second
    row = watcher.execute(
        "SELECT xact_commit, pg_current_wal_lsn() - '0/0'::pg_lsn FROM pg_stat_database "
        "WHERE datname = current_database()"
    ).fetchone()
    return float(row[0]), float(row[1])


def resident(pid: int) -> int:
    """Return the proportional memory of a process and its children, in bytes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(proportional(child) for child in (str(pid), *children))


def proportional(pid: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
