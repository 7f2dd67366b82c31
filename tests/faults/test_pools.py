"""Behind a pool of connections: PgBouncer itself, in the mode that is refused and in the other."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.ports import answers, unused_port
from tests.processes import eventually, kept_running

IS_REQUIRED = os.environ.get("CI", "").lower() == "true"
CONFIGURATION = """
[databases]
* = host={APP_DATABASE__HOST} port={APP_DATABASE__PORT} user={APP_DATABASE__USERNAME}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = options
"""

Pool = Callable[[str], AbstractContextManager[dict[str, str]]]
"""Starts a pool of some mode; yields the variables that lead through it."""


@pytest.fixture
def pool(cluster: Cluster, tmp_path: Path) -> Pool:
    program = shutil.which("pgbouncer")
    if not program:
        (pytest.fail if IS_REQUIRED else pytest.skip)("No PgBouncer (Debian: pgbouncer).")

    @contextmanager
    def start(mode: str) -> Iterator[dict[str, str]]:
        server, port = cluster.environment(), unused_port()
        file = tmp_path / "pgbouncer.ini"
        file.write_text(CONFIGURATION.format(**server, port=port, mode=mode))
        as_user = [] if os.geteuid() else ["-u", "nobody"]
        with kept_running([program, "-q", *as_user, str(file)]):
            assert eventually(lambda: answers(port))
            yield {"APP_DATABASE__HOST": "127.0.0.1", "APP_DATABASE__PORT": str(port)}

    return start


def test_a_pool_that_keeps_sessions_is_as_good_as_none(service, pool):
    service.add_readers(500)
    service.publish()
    with pool("session") as led_there, service.witness():
        service.deliver(**led_there)
        service.finish()
    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": 500}


def test_a_pool_that_shares_connections_is_refused_before_a_mail_is_claimed(service, pool):
    """Else each mail of the first group would be sent, and its outcome could not be kept."""
    service.promise_confirmations(20)
    with pool("transaction") as led_there, service.witness():
        worker = service.deliver(**led_there)
        assert worker.wait(timeout=60) == 1
        assert service.log().startswith("CommandError: The database is behind a pool")
        assert len(service.log().splitlines()) == 1
        assert service.states() == {"pending": 20}
        for command, says in (("migrate", "zero2prod.E002"), ("doctor", "fail  pool")):
            assert service.start("manage.py", command, **led_there).wait(timeout=60) == 1
            assert says in service.log()
