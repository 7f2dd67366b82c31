"""What the benchmarks share: a database and a sink of their own, `manage.py`, costs and reports."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg

from config import environment
from newsletter.simulation.databases import scratch_database


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
        return [sys.executable, str(environment.ROOT / "manage.py"), *words]

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words), env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout


@contextmanager
def sink(delay: float = 0.0) -> Iterator[int]:
    """Start a sink: Postfix's smtp-sink where it is installed, the one in this folder to delay."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.sink", str(port), str(delay)]
    if shutil.which("smtp-sink") and not delay:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = ["smtp-sink", *user, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command)
    time.sleep(0.5)
    print(f"sink: {Path(command[0]).name}", flush=True)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def database() -> Iterator[str]:
    """Make a database of its own on the configured server; yield its URL."""
    environment.use_settings()
    django.setup()
    with scratch_database() as url:
        yield url


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
    return sum(proportional(member) for member in family(pid))


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def worked(pids: Iterable[int]) -> float:
    """Return the milliseconds that processes have been on a processor, by all their threads."""
    tasks = (task for pid in pids for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6


def proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
