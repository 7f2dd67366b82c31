"""The web's own disk: what it writes there must not end it."""

import os
import subprocess
from contextlib import suppress

import pytest
import requests

from tests.acceptance.service import GUNICORN
from tests.faults.service import children
from tests.ports import answers, unused_port
from tests.processes import eventually

ADDRESSES = ("", "privacy/", "issues/", "robots.txt", "subscriptions/confirm", "nobody", "readyz")
FORM = {"name": "Ursula", "email": "ursula@example.org"}


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]
    if os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("Only root can mount a small disk.")
    yield disk
    subprocess.run(["/bin/umount", "--lazy", disk], check=True)


def test_a_full_disk_ends_no_process_of_the_web(service, small_disk):
    """Its counters are mapped files: a write where there is no room for it would be SIGBUS."""
    port = unused_port()
    web = service.start(*GUNICORN, APP_APPLICATION__PORT=str(port), TMPDIR=str(small_disk))
    assert eventually(lambda: answers(port))
    assert eventually(lambda: len(children(web.pid)) == 2)
    workers = children(web.pid)
    fill(small_disk)
    for _ in range(10):
        for address in ADDRESSES:
            url = f"http://127.0.0.1:{port}/{address}"
            assert requests.get(url, timeout=10).status_code in {200, 400, 404, 503}, address
            assert requests.post(url, FORM, timeout=10).status_code in {400, 403, 404, 405}, address
    sign_up = f"http://127.0.0.1:{port}/subscriptions"
    assert requests.post(sign_up, FORM, timeout=10).status_code == 200
    assert children(web.pid) == workers


def fill(disk):
    with (disk / "everything").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
