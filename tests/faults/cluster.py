"""A PostgreSQL of the fault tests' own, to be stopped, restarted and cut off at will."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from zero2prod.local_postgres import server
from zero2prod.local_postgres.programs import find_programs, server_account


class Cluster:
    """It runs until `remove`, or until this process has ended."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="faults-")).resolve()
        self.home.chmod(0o755)
        self.sockets = server.lease(self.home)

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        address = {"host": str(self.sockets), "port": server.PORT, "user": server.NAME}
        return psycopg.connect(**{**address, "dbname": server.NAME, **options})

    def environment(self) -> dict[str, str]:
        """Return the variables that lead a process of ours here."""
        return {
            "APP_DATABASE__HOST": str(self.sockets),
            "APP_DATABASE__PORT": str(server.PORT),
            "APP_DATABASE__USERNAME": server.NAME,
            "APP_DATABASE__DATABASE_NAME": server.NAME,
        }

    def stop(self, mode: str = "fast") -> None:
        self._pg_ctl("stop", "-m", mode, "-w")

    def start(self) -> None:
        server.lease(self.home)

    @contextmanager
    def as_standby(self) -> Iterator[None]:
        """Restart it as a standby, which only reads."""
        signal = self.home / "data" / "standby.signal"
        self.stop()
        signal.touch()
        shutil.chown(signal, signal.parent.owner())
        self.start()
        try:
            yield
        finally:
            self.stop()
            signal.unlink()
            self.start()

    @contextmanager
    def as_read_only(self) -> Iterator[None]:
        """Let sessions write no more, also those that are open, as providers do of a full disk."""
        self._configure("SET default_transaction_read_only = on")
        try:
            yield
        finally:
            self._configure("RESET default_transaction_read_only")

    def cut_workers(self) -> None:
        """End every connection of a worker."""
        with self.connect(autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'worker'"
            )

    def remove(self) -> None:
        self.stop("immediate")
        # Renamed first: the watcher of the server would make its locks anew in there.
        shutil.rmtree(self.home.rename(self.home.with_suffix(".gone")))

    def _configure(self, change: str) -> None:
        with self.connect(autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM {change}")
            connection.execute("SELECT pg_reload_conf()")

    def _pg_ctl(self, *arguments: str) -> None:
        data = self.home / "data"
        find_programs(server_account(data)).run("pg_ctl", *arguments, "-D", str(data))
