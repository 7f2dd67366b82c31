"""The web process: `gunicorn -c config/gunicorn.py zero2prod.wsgi`.

Settings: https://docs.gunicorn.org/en/stable/settings.html
"""

import gc
import logging
import shutil
from itertools import count
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from prometheus_client import values

from config import environment

environment.use_settings()


class EventLogger(Logger):
    """Hands gunicorn's own events to the handlers of config/logging.py."""

    def setup(self, cfg: Config) -> None:
        self.cfg = cfg
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = True

    def exception(self, msg: object, *_args: object, **_options: Any) -> None:
        """Leave out what gunicorn adds: an address, whose query is a reader's token."""
        self.error_log.exception(str(msg).partition(" %")[0])


# A statement of the web that takes longer is cancelled: nobody waits for its page any more. Worker
# and migrate are not limited by it. What DATABASE_URL says counts more: it comes last.
_limits = "-c statement_timeout=20s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s"
_options = settings.DATABASES["default"]["OPTIONS"]
_options["options"] = f"{_limits} {_options.get('options', '')}".strip()

bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "zero2prod.overload.SheddingWorker"
# By default the header SCRIPT_NAME of a proxy on this machine, and so of its visitors, would move
# every link of a page, or make an error of it.
forwarder_headers = ""
# Each thread has its own connection to the database.
workers = environment.integer("APP_APPLICATION__WORKERS", 2, minimum=1, maximum=64)
threads = environment.integer("APP_APPLICATION__THREADS", 8, minimum=1, maximum=64)
# Longer than the proxy in front keeps one, or it may send a request into a connection just closed.
keepalive = 75
# Platforms kill 30 s after SIGTERM.
graceful_timeout = 20
# Against leaks that nobody has found yet; not all workers at once.
max_requests = 50_000
max_requests_jitter = 5_000
# What is beyond the connections that the workers hold and this queue of the kernel is not accepted.
backlog = 512
# The heartbeat files belong in memory: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
logger_class = EventLogger


_numbers: WeakKeyDictionary[Worker, int] = WeakKeyDictionary()


def on_starting(_arbiter: Arbiter) -> None:
    settings.METRICS_DIRECTORY = str(environment.metrics_directory())


def pre_fork(arbiter: Arbiter, worker: Worker) -> None:
    """Give a worker the lowest number that no living one has: its counters go on in that file.

    A file for each process id would make every scrape slower with each worker that is replaced.
    """
    taken = {_numbers.get(other) for other in arbiter.WORKERS.values()}
    _numbers[worker] = next(number for number in count() if number not in taken)
    _reserve_counters(_numbers[worker])


def _reserve_counters(number: int) -> None:
    """Take the room for a worker's counters at once.

    Their files are mapped, and a hole that a full disk cannot fill ends who writes there (SIGBUS).
    """
    for kind in ("counter", "histogram"):
        file = Path(settings.METRICS_DIRECTORY) / f"{kind}_{number}.db"
        if not file.exists():
            file.write_bytes(bytes(_COUNTERS_BYTES))


_COUNTERS_BYTES = 1024 * 1024
"""The histograms of all 189 routes take 0.53 MB, each pair of method and status of all 0.04."""


def post_fork(_arbiter: Arbiter, worker: Worker) -> None:
    values.ValueClass = values.MultiProcessValue(lambda: _numbers[worker])  # type: ignore[no-untyped-call]


def post_worker_init(_worker: Worker) -> None:
    """Let no collection of garbage look at what lives as long as the worker: nearly everything."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def on_exit(_arbiter: Arbiter) -> None:
    shutil.rmtree(environment.metrics_directory(), ignore_errors=True)
