"""The web process: `gunicorn -c config/gunicorn.py zero2prod.wsgi`.

Settings: https://docs.gunicorn.org/en/stable/settings.html
"""

import logging
from pathlib import Path

from django.conf import settings
from gunicorn.config import Config
from gunicorn.glogging import Logger

from config import environment

environment.use_settings()


class EventLogger(Logger):
    """Hands gunicorn's own events to the handlers of config/logging.py."""

    def setup(self, cfg: Config) -> None:
        self.cfg = cfg
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = True


bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "gthread"
workers = 2
threads = 8
keepalive = 5
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat files belong in memory: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
logger_class = EventLogger
