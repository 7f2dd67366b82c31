"""One server for all processes of a checkout: the first starts it, the last one's end stops it.

Whoever uses the server holds a lease, a shared flock, for as long as it lives; the kernel drops it
however the process ends, so no lease goes stale. The watcher (watcher.py) stops the server when
none is left. The server and its backends hold a lock of their own in the same way: when it is free,
nothing of an earlier server lives, and a pid file that says otherwise is a leftover.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from zero2prod.local_postgres.programs import (
    OUTSIDE,
    Account,
    LocalPostgresError,
    Programs,
    find_programs,
    open_directory,
    server_account,
)

NAME = "newsletter"
"""The superuser of the server, and its one database."""
PORT = 5432
"""A part of the socket's name; nothing listens on the network."""
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 103
"""Bytes, on the narrowest of the systems (macOS); Linux takes 107."""
END_TIMEOUT = 30.0
"""Seconds for the last processes of a killed server to notice."""

_leases: dict[Path, int] = {}
"""Open file descriptors, which only the end of the process closes."""


def lease(local: Path) -> Path:
    """Keep the server of a directory up while this process lives; return where its socket is.

    The server is made and started where need be. Raise LocalPostgresError if that fails.
    """
    try:
        home = _home(local)
        with locked(home / "start.lock"):
            if home not in _leases:
                _leases[home] = os.open(home / "leases.lock", os.O_RDWR | os.O_CREAT, 0o644)
                fcntl.flock(_leases[home], fcntl.LOCK_SH)
            if not answers(home):
                _start(home)
            if is_free(home / "watch.lock"):
                _spawn_watcher(home)
    except PermissionError as error:
        raise LocalPostgresError(
            f"{error.filename} belongs to another user: run as that user, or set DATABASE_URL."
        ) from error
    return sockets(home)


def stop(home: Path, programs: Programs) -> None:
    """End the server, which breaks what is still connected."""
    if answers(home):
        programs.run("pg_ctl", "stop", "-D", str(home / "data"), "-m", "fast", "-w")


def sockets(home: Path) -> Path:
    """Return the directory of the socket: the data, or a short one where its path is too long."""
    data = home / "data"
    if len(os.fsencode(data / SOCKET)) <= SOCKET_PATH_LIMIT:
        return data
    # Not tempfile.gettempdir(): every process must find the same, whatever its TMPDIR.
    return Path("/tmp") / f"zero2prod-{_digest(home)}"  # noqa: S108


def answers(home: Path) -> bool:
    """Whether somebody listens on the server's socket."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(sockets(home) / SOCKET))
        except OSError:
            return False
        return True


@contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Hold a lock file alone."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def is_free(path: Path) -> bool:
    """Whether nobody holds a lock file at this moment."""
    with path.open("a") as file:
        return try_lock(file)


def try_lock(file: IO[str]) -> bool:
    """Take a lock file alone, or return False."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _home(local: Path) -> Path:
    """Return where the server lives: the directory, or what it links to for root."""
    account = server_account(local / "data")
    if local.is_symlink():
        open_directory(local.readlink())
    elif account and not local.exists():
        local.parent.mkdir(parents=True, exist_ok=True)
        if not account.reaches(local.parent):
            outside = OUTSIDE / _digest(local)
            open_directory(OUTSIDE)
            open_directory(outside)
            with suppress(FileExistsError):  # Two first starts at once make the same link.
                local.symlink_to(outside)
    local.mkdir(parents=True, exist_ok=True)
    return local.resolve()


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _start(home: Path) -> None:
    data = home / "data"
    account = server_account(data)
    programs = find_programs(account)
    if not data.exists():
        _create(home, programs)
    if sockets(home) != data:
        _make_private(sockets(home), account)
    with (home / "server.lock").open("a") as lock:
        _wait_for_end(home, lock)
        # PostgreSQL would believe a leftover whose pid is somebody else's by now.
        for leftover in (data / "postmaster.pid", sockets(home) / f"{SOCKET}.lock"):
            leftover.unlink(missing_ok=True)
        directory = "." if sockets(home) == data else str(sockets(home))
        options = f"-h '' -p {PORT} -k {directory} -c unix_socket_permissions=0700"
        log = data / "server.log"
        try:
            programs.run(
                "pg_ctl",
                *("start", "-D", str(data), "-l", str(log), "-w", "-t", "60", "-o", options),
                pass_fds=[lock.fileno()],
            )
        except LocalPostgresError as error:
            raise LocalPostgresError(f"{error}\n{log}:\n{_tail(log)}") from error


def _create(home: Path, programs: Programs) -> None:
    """Make the cluster aside and rename it: a start that is killed leaves no half of one."""
    for leftover in home.glob("init-*"):
        shutil.rmtree(leftover)
    draft = Path(tempfile.mkdtemp(dir=home, prefix="init-"))
    if programs.account:
        os.chown(draft, programs.account.uid, programs.account.gid)
    # The same order and letter case on every system; the builtin provider is new in PostgreSQL 17.
    locale = ["--locale=C"]
    if programs.major_version() >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    programs.run(
        "initdb",
        *("-D", str(draft), "-U", NAME, "-E", "UTF8", *locale),
        *("--auth=trust", "--no-sync", "--no-instructions"),
    )
    programs.run(
        "postgres",
        *("--single", "-D", str(draft), "-c", "exit_on_error=on", "postgres"),
        script=f"CREATE DATABASE {NAME}\n",
    )
    draft.rename(home / "data")


def _make_private(directory: Path, account: Account | None) -> None:
    """Make the socket's directory, which lies in a directory that everybody may write to."""
    owner = account.uid if account else os.geteuid()
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        if account:
            os.chown(directory, account.uid, account.gid)
    found = directory.lstat()
    if found.st_uid != owner or found.st_mode & 0o077 or directory.is_symlink():
        raise LocalPostgresError(
            f"{directory} is not a private directory of the server's account: remove it, or move "
            "the checkout to a shorter path."
        )


def _wait_for_end(home: Path, lock: IO[str]) -> None:
    """Take the server's lock, which the processes of a killed server give up one by one."""
    deadline = time.monotonic() + END_TIMEOUT
    while not try_lock(lock):
        if time.monotonic() > deadline:
            raise LocalPostgresError(
                f"An earlier PostgreSQL of {home} neither answers nor ends: end its processes."
            )
        time.sleep(0.05)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1000:] if log.exists() else ""


def _spawn_watcher(home: Path) -> None:
    """Start the watcher, which leaves this process's family at once: it must outlive it."""
    subprocess.run(
        [sys.executable, "-m", "zero2prod.local_postgres.watcher", home],
        cwd=Path(__file__).parents[2],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
