"""The service as an operator runs it: its processes and its commands, on the tests' database."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from django.db import connection

from tests.acceptance.desk import PASSWORD
from tests.acceptance.mail_server import MailServer
from tests.processes import eventually

ROOT = Path(__file__).parents[2]
GUNICORN = ("-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi")
WORKER = ("manage.py", "deliver")
EDITOR = ("--username", "editor", "--email", "editor@slowweb.example")


class Service:
    """What it starts ends with it (`close`). Nothing runs until it is started."""

    def __init__(self, port: int, mail: MailServer, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.mail = mail
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        # The shell's own configuration and a developer's .env decide nothing here.
        self._variables = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "APP_ENVIRONMENT": "local",
            "APP_APPLICATION__HOST": "127.0.0.1",
            "APP_APPLICATION__PORT": str(port),
            "APP_APPLICATION__BASE_URL": self.url,
            "APP_APPLICATION__SECRET_KEY": "acceptance" * 6,
            "APP_EMAIL__URL": f"smtp://127.0.0.1:{mail.port}",
            "APP_EMAIL__SENDER": "The Slow Web <editor@slowweb.example>",
            **database(),
        }

    # The processes

    def start_web(self, **variables: str) -> None:
        self._start("web", *GUNICORN, **variables)
        assert eventually(self.is_served, seconds=60), self.log("web")

    def start_worker(self) -> None:
        self._start("worker", *WORKER)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self._variables, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def close(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()

    def is_served(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/health_check", timeout=2).ok
        return False

    def _start(self, name: str, *arguments: str, **variables: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self._variables, **variables},
                stdout=log,
                stderr=log,
            )
        self._started.append(process)

    # The doors

    def hire_editor(self) -> None:
        variables = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        said = self.run("createsuperuser", "--noinput", *EDITOR, **variables)
        assert said.returncode == 0, said.stderr

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address(path), timeout=10, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> requests.Response:
        return requests.post(self.address(path), data, timeout=10, **options)

    def request(self, method: str, path: str) -> requests.Response:
        return requests.request(method, self.address(path), timeout=10, allow_redirects=False)

    def address(self, path: str) -> str:
        """Return a path of this site, or a link that a mail holds, as a whole address."""
        return path if path.startswith("http") else self.url + path

    def sign_up(self, email: str, name: str = "Ursula") -> requests.Response:
        return self.post("/subscriptions", {"name": name, "email": email})

    def publish(self, subject: str, body: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Publish by the command; the last word of what it prints is the issue's id."""
        file = self._folder / "body.md"
        file.write_text(body)
        command = ("publish", "--newsletter", "default", "--subject", subject)
        return self.run(*command, "--body-file", str(file), *options)


def issue_id(published: subprocess.CompletedProcess[str]) -> str:
    assert published.returncode == 0, published.stderr
    return published.stdout.split()[-1]


def database() -> dict[str, str]:
    """Return the variables that lead a process to the database of these tests."""
    server = connection.connection.info
    return {
        "DATABASE_URL": "",
        "APP_DATABASE__HOST": server.host,
        "APP_DATABASE__PORT": str(server.port),
        "APP_DATABASE__USERNAME": server.user,
        "APP_DATABASE__PASSWORD": server.password,
        "APP_DATABASE__DATABASE_NAME": server.dbname,
    }
