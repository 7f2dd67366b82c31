"""The web process: `gunicorn -c config/gunicorn.py zero2prod.wsgi`.

Settings: https://docs.gunicorn.org/en/stable/settings.html
"""

import sys

from config import environment

try:
    environment.use_settings()
except environment.ConfigurationError as error:
    sys.exit(str(error))

from django.conf import settings  # noqa: E402

bind = f"{settings.HOST}:{settings.PORT}"
worker_class = "gthread"
workers = 2
threads = 8
keepalive = 5
graceful_timeout = 15
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat files belong in memory: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm"  # noqa: S108
control_socket_disable = True
accesslog = None
logconfig_dict = {"version": 1, "disable_existing_loggers": False}
