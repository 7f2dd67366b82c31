"""The server of a checkout under real faults: starts at once, kill -9, leftovers, long paths."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.processes import PROC, eventually, running
from zero2prod.local_postgres import server
from zero2prod.local_postgres.programs import server_account

ROOT = Path(__file__).parents[2]

HOLD_LEASE = """
import sys
from pathlib import Path
from zero2prod.local_postgres import server
print(server.lease(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def begin_lease(home: Path) -> subprocess.Popen[str]:
    """Start a process that leases the server until its input closes."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD_LEASE, home],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


@contextmanager
def leased(home: Path) -> Iterator[Path]:
    """Lease the server from another process, and yield the directory of its socket."""
    process = begin_lease(home)
    assert process.stdout
    sockets = Path(process.stdout.readline().strip())
    try:
        yield sockets
    finally:
        end(process)


def ask(sockets: Path, question: str) -> object:
    with psycopg.connect(
        host=str(sockets), port=server.PORT, user=server.NAME, dbname=server.NAME, autocommit=True
    ) as connection:
        answer = connection.execute(question)
        row = answer.fetchone() if answer.description else None
        return row and row[0]


def postmaster(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory for a server, which the server's account may enter."""
    parent = Path(tempfile.mkdtemp(prefix="z2p-"))
    parent.chmod(0o755)
    home = parent / "postgres"
    yield home
    lived_at = home.resolve()
    eventually(lambda: not server.answers(lived_at))
    shutil.rmtree(lived_at, ignore_errors=True)
    shutil.rmtree(parent)


def test_starts_at_once_share_one_server(home):
    processes = [begin_lease(home) for _ in range(4)]
    sockets = {process.stdout.readline().strip() for process in processes}
    assert len(sockets) == 1
    assert ask(Path(sockets.pop()), "SELECT 1") == 1
    for process in processes:
        end(process)


def test_the_server_ends_after_its_last_user_was_killed(home):
    processes = [begin_lease(home), begin_lease(home)]
    for process in processes:
        process.stdout.readline()
    processes[0].kill()
    end(processes[0])
    time.sleep(5)
    assert server.answers(home)
    processes[1].kill()
    end(processes[1])
    assert eventually(lambda: not server.answers(home))
    assert not (home / "data" / "postmaster.pid").exists()


def test_what_was_stored_is_there_at_the_next_start(home):
    with leased(home) as sockets:
        ask(sockets, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert eventually(lambda: not server.answers(home))
    with leased(home) as sockets:
        assert ask(sockets, "SELECT answer FROM kept") == 42


def test_a_killed_server_is_started_again_by_who_asks_next(home):
    with leased(home) as sockets:
        ask(sockets, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(home), signal.SIGKILL)
        with leased(home) as again:
            assert ask(again, "SELECT answer FROM kept") == 42


def test_a_leftover_pid_file_with_the_pid_of_somebody_else_blocks_nobody(home):
    with leased(home):
        account = server_account(home / "data")
        stranger = subprocess.Popen(
            ["/bin/sleep", "60"], **(account.subprocess_options() if account else {})
        )
        try:
            os.kill(postmaster(home), signal.SIGKILL)
            pid_file = home / "data" / "postmaster.pid"
            rest = pid_file.read_text().split("\n")[1:]
            pid_file.write_text("\n".join([str(stranger.pid), *rest]))
            with leased(home) as sockets:
                assert ask(sockets, "SELECT 1") == 1
        finally:
            stranger.kill()
            stranger.wait()


def test_a_killed_first_start_leaves_nothing_in_the_way(home):
    draft = home / "init-killed"
    (draft / "base").mkdir(parents=True)
    with leased(home) as sockets:
        assert ask(sockets, "SELECT 1") == 1
    assert not draft.exists()


@pytest.mark.skipif(not PROC.exists(), reason="finds processes in /proc")
def test_a_killed_watcher_is_replaced_by_who_asks_next(home):
    with leased(home):
        watchers = running("local_postgres.watcher", str(home.resolve()))
        assert len(watchers) == 1
        os.kill(watchers[0], signal.SIGKILL)
        assert eventually(lambda: server.is_free(home / "watch.lock"))
        with leased(home):
            pass
    assert eventually(lambda: not server.answers(home))


def test_a_long_path_has_its_socket_elsewhere(home):
    long = home.parent / ("long" * 30) / "postgres"
    long.parent.mkdir(mode=0o755)
    with leased(long) as sockets:
        assert len(str(sockets / server.SOCKET)) <= server.SOCKET_PATH_LIMIT
        assert sockets.stat().st_mode & 0o077 == 0
        assert ask(sockets, "SELECT 1") == 1
    assert eventually(lambda: not server.answers(long))
    shutil.rmtree(sockets)


def test_letters_beyond_ascii_have_their_case(home):
    with leased(home) as sockets:
        assert ask(sockets, "SELECT lower('ÄÖÜ')") == "äöü"


def test_a_server_of_somebody_else_is_refused_in_a_sentence(home):
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    with leased(home):
        result = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import os\n{HOLD_LEASE}".replace("print", "os.setuid(1);print"),
                home,
            ],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
    assert "start.lock belongs to another user: run as that user, or set" in result.stderr


def test_a_directory_that_only_root_may_enter_keeps_its_permissions(home):
    if os.geteuid():
        pytest.skip("an ordinary user runs the server himself")
    home.parent.chmod(0o700)
    with leased(home) as sockets:
        assert ask(sockets, "SELECT 1") == 1
        assert home.is_symlink()
        assert (home / "data" / "PG_VERSION").exists()
    assert home.parent.stat().st_mode & 0o777 == 0o700


def test_without_any_postgresql_there_is_a_sentence():
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from zero2prod.local_postgres.programs import find_programs\n"
        "find_programs(None)"
    )
    result = subprocess.run(
        [sys.executable, "-S", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/nowhere"},
    )
    assert "There is no PostgreSQL here: set DATABASE_URL, or install one" in result.stderr
