"""All web processes answer for all of them, and one that is replaced takes nothing along."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.service import Service
from tests.faults.service import children
from tests.processes import eventually

HOME = {"route": "/", "method": "GET", "status": "200"}
COUNTED = "zero2prod_http_requests_total"


def counted(service: Service) -> float:
    families = text_string_to_metric_families(service.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return sum(each.value for each in samples if (each.name, each.labels) == (COUNTED, HOME))


def ask(service: Service, number: int) -> None:
    for _ in range(number):
        assert service.get("/").status_code == 200


def shared_directory(pid: int) -> Path:
    variables = Path(f"/proc/{pid}/environ").read_bytes().decode()
    found = re.findall(r"PROMETHEUS_MULTIPROC_DIR=([^\0]+)", variables)
    # The master sets it for itself, which /proc does not show; a worker's files are mapped.
    maps = Path(f"/proc/{pid}/maps").read_text()
    return Path(found[0]) if found else Path(re.findall(r"(/\S+)/counter_\d+\.db", maps)[0])


def test_what_a_killed_process_has_counted_is_still_counted(service):
    service.start_web()
    ask(service, 20)
    assert counted(service) == 20
    [web] = service._started
    for _ in range(3):
        before = set(children(web.pid))
        for child in before:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        assert eventually(lambda: len(set(children(web.pid)) - before) == 2)  # noqa: B023
        assert eventually(service.is_served)
        ask(service, 5)
    assert counted(service) == 35
    directory = shared_directory(children(web.pid)[0])
    assert len(list(directory.glob("counter_*.db"))) <= 3
    web.terminate()
    web.wait(timeout=30)
    assert not directory.exists()
