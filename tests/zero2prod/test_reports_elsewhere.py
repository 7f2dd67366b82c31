"""What Sentry and an OpenTelemetry collector are told: where it broke, and nothing of whom."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SENTINEL = "sentinel-token-7f3a"

STORY = f"""
from config import environment
environment.use_settings()
import django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, headers={{"authorization": "{SENTINEL}"}})
for path in ("/broken", "/lost"):
    client.post(path + "?token={SENTINEL}", {{"email": "{SENTINEL}@example.org"}})
import structlog
structlog.get_logger("story").error("story.failed", delivery="6")
try:
    {{}}["{SENTINEL}"]
except KeyError:
    structlog.get_logger("story").exception("story.broke")
"""

URLS = """
from django.urls import path
def broken(request):
    token = request.GET["token"]
    raise ValueError(f"no room for {token}")
urlpatterns = [path("broken", broken), path("lost", broken)]
"""


class Collector(ThreadingHTTPServer):
    """Takes every call, and remembers it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[tuple[str, bytes]] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.calls.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def tell(tmp_path: Path, **variables: str) -> None:
    """Run the story in a process of its own, with routes that break."""
    (tmp_path / "broken_urls.py").write_text(URLS)
    (tmp_path / "story_settings.py").write_text(
        "from config.settings.local import *\nROOT_URLCONF = 'broken_urls'\nALLOWED_HOSTS = ['*']\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}",
        "DJANGO_SETTINGS_MODULE": "story_settings",
        "APP_APPLICATION__SECRET_KEY": "story" * 10,
        **variables,
    }
    command = [sys.executable, "-c", STORY]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=60)


def test_sentry_hears_where_it_broke_and_nothing_of_whom(collector, tmp_path):
    tell(tmp_path, SENTRY_DSN=f"http://key@127.0.0.1:{collector.server_port}/1")
    calls = b"\n".join(body for _, body in collector.calls)
    lines = [json.loads(line) for line in calls.splitlines() if line.startswith(b"{")]
    reports = [line for line in lines if "exception" in line or "message" in line]
    broken = [each.get("message") or each["exception"]["values"][0]["type"] for each in reports]
    assert sorted(broken) == ["ValueError", "ValueError", "story.broke", "story.failed"]
    assert b"KeyError" in calls
    assert b"broken_urls.py" in calls
    assert SENTINEL.encode() not in calls
    assert b"no room" not in calls


def test_a_collector_gets_a_span_for_each_request(collector, tmp_path):
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    tell(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=endpoint)
    assert {path for path, _ in collector.calls} == {"/v1/traces"}
    spans = b"".join(body for _, body in collector.calls)
    assert b"POST /broken" in spans
    assert b"POST /lost" in spans
    assert SENTINEL.encode() not in spans


def test_without_them_nobody_is_told(collector, tmp_path):
    tell(tmp_path)
    assert collector.calls == []
