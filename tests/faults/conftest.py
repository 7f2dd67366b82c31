"""A database, a witness and worker processes for each story."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster
from tests.faults.service import ROOT, Service


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
