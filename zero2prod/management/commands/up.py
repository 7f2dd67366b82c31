"""`make run`: the whole product on one machine, until Ctrl-C."""

import errno
import fcntl
import http.client
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from config import environment
from zero2prod.processes import KeptProcess

PORT_PATIENCE = 3.0
"""Seconds for the web process of a run that was killed to give up the port."""
START_TIMEOUT = 60.0
RESTART_PAUSE = 1.0


class Command(BaseCommand):
    help = "Set up and run everything on this machine: database, web, worker."
    # The database may not be there yet, and migrate runs the checks.
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        # A plain flag: threading.Event locks, and its set() in a handler may meet its own wait().
        self._is_stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        self._parent = os.getppid()
        with _only_run():
            _wait_for_port()
            call_command("migrate", verbosity=0, interactive=False)
            self._say(f"Database: {_database_name()}")
            self._make_admin()
            connection.close()
            self._run()

    def _stop(self, *_signal: object) -> None:
        self._is_stopping = True

    def _say(self, line: str) -> None:
        with suppress(OSError):  # The terminal may be gone; that must not keep anything running.
            self.stdout.write(line)
            self.stdout.flush()

    def _make_admin(self) -> None:
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        self._say(
            f"Admin:    user admin, password {password}\n"
            "          This is shown once. Change it by `.venv/bin/python manage.py "
            "changepassword admin`."
        )

    def _run(self) -> None:
        processes = [
            KeptProcess("web", "-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi"),
            KeptProcess("worker", "manage.py", "deliver"),
        ]
        try:
            self._wait_for_web(processes[0])
            self._say_addresses()
            self._keep_up(processes)
        finally:
            for process in processes:
                process.release()
            for process in processes:
                process.join()
        self._say("Stopped.")

    def _wait_for_web(self, web: KeptProcess) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not (_is_healthy() or self._must_stop()):
            if web.has_ended() or time.monotonic() > deadline:
                raise CommandError("The web process did not start; its reason stands above.")
            time.sleep(0.1)

    def _say_addresses(self) -> None:
        if self._must_stop():
            return
        self._say(f"\nSite:     {settings.BASE_URL}/")
        self._say(f"Admin:    {settings.BASE_URL}/{settings.ADMIN_PATH}")
        if settings.LOCAL_MAILBOX:
            self._say(f"Mailbox:  {settings.BASE_URL}/mailbox/")
        self._say("Ctrl-C stops everything.\n")

    def _keep_up(self, processes: list[KeptProcess]) -> None:
        """Start again what dies: mail goes on after a crash. Give up on what cannot even start."""
        while not self._must_stop():
            for process in filter(KeptProcess.has_ended, processes):
                if process.is_hopeless:
                    raise CommandError(f"The {process.name} process does not start: {process.end}.")
                self._say(f"The {process.name} process ended ({process.end}). Starting it again.")
                time.sleep(RESTART_PAUSE)
                process.start()
            time.sleep(0.2)

    def _must_stop(self) -> bool:
        """Whether somebody asked for it, or who started this is gone."""
        return self._is_stopping or os.getppid() != self._parent


@contextmanager
def _only_run() -> Iterator[None]:
    """Be the only run of this checkout: the kernel drops the lock however the holder ends."""
    environment.LOCAL.mkdir(exist_ok=True)
    with (environment.LOCAL / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("zero2prod is already running from this checkout.") from None
        yield


def _wait_for_port() -> None:
    deadline = time.monotonic() + PORT_PATIENCE
    while True:
        try:
            family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
            with socket.socket(family) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((settings.HOST, settings.PORT))
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CommandError(
                    f"Cannot listen on {settings.HOST}:{settings.PORT} ({error.strerror}): set "
                    "APP_APPLICATION__HOST or APP_APPLICATION__PORT."
                ) from None
            if time.monotonic() > deadline:
                raise CommandError(
                    f"Port {settings.PORT} is in use by another program: stop it, or set "
                    "APP_APPLICATION__PORT to a free one."
                ) from None
            time.sleep(0.2)


def _is_healthy() -> bool:
    host = "127.0.0.1" if settings.HOST == "0.0.0.0" else settings.HOST  # noqa: S104
    client = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        client.request("GET", "/health_check")
        return client.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        client.close()


def _database_name() -> str:
    entry = settings.DATABASES["default"]
    if entry["ENGINE"] == "zero2prod.local_postgres":
        return "PostgreSQL of this checkout, data in .local/postgres"
    return f"{entry['NAME']} at {entry['HOST']}"
