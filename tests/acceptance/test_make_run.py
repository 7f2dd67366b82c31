"""`make run` from a checkout of its own: what it says, and that nothing outlives it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import PROC, eventually, running

ROOT = Path(__file__).parents[2]
SOURCES = ["Makefile", "config", "manage.py", "newsletter", "templates", "zero2prod"]

pytestmark = [
    pytest.mark.skipif(not PROC.exists(), reason="finds processes in /proc"),
    pytest.mark.skipif(shutil.which("make") is None, reason="needs make"),
]


@pytest.fixture
def checkout(tmp_path) -> Iterator[Path]:
    """A copy of the sources, with its own .local and the installed packages of this one."""
    for source in [*SOURCES, *(path.name for path in ROOT.glob("requirements*.txt"))]:
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
        copy(ROOT / source, tmp_path / source)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").mkdir()
    (tmp_path / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (tmp_path / ".venv" / ".local").touch()
    yield tmp_path
    assert eventually(lambda: not left_behind(tmp_path)), left_behind(tmp_path)
    shutil.rmtree((tmp_path / ".local" / "postgres").resolve(), ignore_errors=True)


@pytest.fixture
def variables(free_port) -> dict[str, str]:
    """The environment of a person who configured nothing but the port."""
    return {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "APP_APPLICATION__PORT": str(free_port),
    }


def make_run(checkout: Path, variables: dict[str, str]) -> subprocess.Popen[str]:
    """Start it; it ends by itself after a minute, so that no test waits for ever."""
    process = subprocess.Popen(
        [shutil.which("make") or "make", "run"],
        cwd=checkout,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = threading.Timer(60, process.kill)
    deadline.daemon = True
    deadline.start()
    return process


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Return what was printed up to the line with these words."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def of_checkout(checkout: Path, *words: str) -> list[int]:
    """Return the processes that work in a checkout."""
    return [pid for pid in running(*words) if works_in(pid, checkout)]


def works_in(pid: int, checkout: Path) -> bool:
    try:
        return (PROC / str(pid) / "cwd").readlink().is_relative_to(checkout)
    except OSError:
        return False


def left_behind(checkout: Path) -> list[int]:
    """Return what still runs of a checkout: its own processes, its database and the watcher."""
    home = (checkout / ".local" / "postgres").resolve()
    return [*of_checkout(checkout), *running(str(home))]


def is_served(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health_check", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_first_run_and_the_second(checkout, variables):
    port = variables["APP_APPLICATION__PORT"]
    process = make_run(checkout, variables)
    said = read_until(process, "Ctrl-C stops everything")
    assert re.search(r"user admin, password \S{12,}", said)
    for path in ("/", "/admin/", "/mailbox/"):
        assert f"http://127.0.0.1:{port}{path}\n" in said
    assert is_served(port)

    second = make_run(checkout, variables)
    assert "zero2prod is already running from this checkout." in second.communicate()[0]
    assert second.returncode != 0
    assert is_served(port)

    os.killpg(process.pid, signal.SIGINT)  # as the terminal does at Ctrl-C
    assert "Stopped." in process.communicate()[0]
    assert not is_served(port)

    again = make_run(checkout, variables)
    assert "password" not in read_until(again, "Ctrl-C stops everything")
    again.terminate()
    again.communicate()


def test_nothing_outlives_a_killed_make(checkout, variables):
    process = make_run(checkout, variables)
    read_until(process, "Ctrl-C stops everything")
    process.kill()
    process.communicate()
    assert eventually(lambda: not left_behind(checkout))


def test_nothing_outlives_a_killed_supervisor_and_the_next_run_starts(checkout, variables):
    process = make_run(checkout, variables)
    read_until(process, "Ctrl-C stops everything")
    for supervisor in of_checkout(checkout, "manage.py up"):
        os.kill(supervisor, signal.SIGKILL)
    process.communicate()

    again = make_run(checkout, variables)
    read_until(again, "Ctrl-C stops everything")
    again.terminate()
    again.communicate()


def test_what_is_killed_is_started_again(checkout, variables):
    process = make_run(checkout, variables)
    read_until(process, "Ctrl-C stops everything")
    [worker] = [
        pid
        for pid in of_checkout(checkout, "manage.py deliver")
        if pid not in running("zero2prod.tether")
    ]
    os.kill(worker, signal.SIGKILL)
    read_until(process, "The worker process ended (SIGKILL). Starting it again.")
    assert eventually(lambda: len(of_checkout(checkout, "manage.py deliver")) == 2)
    process.terminate()
    process.communicate()


def test_a_port_in_use_is_said_with_the_variable_to_set(checkout, variables):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        process = make_run(checkout, {**variables, "APP_APPLICATION__PORT": str(port)})
        said = process.communicate()[0]
    assert f"Port {port} is in use by another program" in said
    assert "APP_APPLICATION__PORT" in said
    assert process.returncode != 0
