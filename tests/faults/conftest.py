"""A database, a witness and worker processes for each story. `--long` tells them at full length."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.scale import LONG, SHORT, Measurements, Scale
from tests.faults.service import ROOT, Service

_measurements = Measurements()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _measurements.lines and terminalreporter.config.getoption("long", default=False):
        terminalreporter.section("measured")
        terminalreporter.write_line(_measurements.table())


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> Scale:
    return LONG if pytestconfig.getoption("long", default=False) else SHORT


@pytest.fixture(scope="session")
def measured() -> Measurements:
    return _measurements


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=cluster.environment() | {"APP_APPLICATION__SECRET_KEY": "faults" * 10},
            check=True,
        )
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture
def service(cluster: Cluster, free_port: int, tmp_path: Path) -> Iterator[Service]:
    service = Service(cluster, free_port, tmp_path)
    service.empty()
    try:
        yield service
    finally:
        service.close()
