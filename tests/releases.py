"""Two versions of the service on one database, as during a deployment."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from tests.faults.cluster import Cluster
from tests.processes import eventually

ROOT = Path(__file__).parents[1]
PARTS = ("config", "newsletter", "templates", "zero2prod", "manage.py")
MIGRATIONS = "newsletter/migrations/[0-9]*.py"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
READERS = 20
SECONDS = 2.0
"""How long requests flow before and after the new schema comes."""


def version_before() -> str | None:
    """Return the latest release before this commit, or the commit before the newest migration.

    What a branch was on its way was deployed nowhere, so that only its merge counts. None without a
    history, as in a shallow clone.
    """
    if tag := _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^"):
        return tag
    words = ("log", "-1", "--first-parent", "--diff-filter=A", "--format=%H")
    newest = _git(*words, "--", MIGRATIONS)
    return _git("rev-parse", "--verify", "--quiet", f"{newest}^") or None


def _git(*words: str) -> str:
    command = ["git", *words]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def unpack(version: str, folder: Path) -> Path:
    archive = subprocess.run(
        ["git", "archive", version, *PARTS],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def copy_of_this(folder: Path) -> Path:
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=skipped)
        else:
            shutil.copy(source, folder / part)
    return folder


class Deployment:
    """The old version serves and delivers while the new one migrates the schema."""

    def __init__(self, cluster: Cluster, port: int, mailbox: Path) -> None:
        self.faults: list[str] = []
        self.signed_up = 0
        self._cluster = cluster
        self._port = port
        self._variables = {
            "PATH": os.defpath,
            "APP_APPLICATION__PORT": str(port),
            "APP_APPLICATION__SECRET_KEY": "releases" * 8,
            "APP_EMAIL__URL": f"maildir://{mailbox}",
            "APP_SIGNUP__LIMITS": "false",
            **cluster.environment(),
        }

    def run(self, old: Path, new: Path) -> None:
        self._migrate(old)
        self._manage(old, "demo_data", "--subscriptions", str(READERS))
        stop = threading.Event()
        visitors = threading.Thread(target=self._visit, args=(stop,))
        with ExitStack() as running:
            for command in (
                ["-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi"],
                ["manage.py", "deliver"],
            ):
                running.enter_context(self._process(old, command, log_of(old, command)))
            assert eventually(lambda: self._status("GET", "/health_check") == 200)
            visitors.start()
            time.sleep(SECONDS)
            self._migrate(new)
            time.sleep(SECONDS)
            stop.set()
            visitors.join()
            self._publish(old)
            promised = self.signed_up + READERS
            if not eventually(lambda: self._count("sent") == promised, seconds=20):
                self.faults.append(f"{self._count('sent')} of {promised} mails were sent")

    def _migrate(self, version: Path) -> None:
        self._manage(version, "migrate", "--no-input", "--verbosity", "0")

    def _publish(self, version: Path) -> None:
        (body := version / "body.md").write_text("News.")
        words = ("--newsletter", "default", "--subject", "News", "--body-file", str(body))
        try:
            self._manage(version, "publish", *words)
        except subprocess.CalledProcessError:
            self.faults.append("an issue could not be published")

    def _manage(self, version: Path, *words: str) -> None:
        command = [sys.executable, "manage.py", *words]
        subprocess.run(command, cwd=version, env=self._variables, check=True)

    @contextmanager
    def _process(self, version: Path, command: list[str], log: Path) -> Iterator[None]:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=version,
                env=self._variables,
                stdout=output,
                stderr=output,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(timeout=40)

    def _visit(self, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            form = urlencode({"name": "Ursula", "email": f"reader{number}@example.org"})
            status = self._status("POST", "/subscriptions", form)
            self.signed_up += status == 200
            for asked, answer in (("sign-up", status), ("page", self._status("GET", "/"))):
                if answer != 200:
                    self.faults.append(f"{asked}: {answer}")

    def _status(self, method: str, path: str, form: str | None = None) -> int:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=15)
        try:
            connection.request(method, path, form, FORM if form else {})
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def _count(self, state: str) -> int:
        query = "SELECT count(*) FROM newsletter_delivery WHERE state = %s"
        with self._cluster.connect() as connection:
            return int(connection.execute(query, [state]).fetchone()[0])


def log_of(version: Path, command: list[str]) -> Path:
    return version / f"{command[-1]}.log"
