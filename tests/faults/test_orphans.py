"""What becomes of a worker whose parent dies."""

import shlex
import subprocess
import sys

from tests.faults.service import ROOT, children, kill
from tests.processes import eventually, running


def test_the_processes_of_a_killed_supervisor_end_by_themselves(service):
    supervisor = service.deliver("--processes", "2")
    assert eventually(lambda: service.count_workers() == 2)
    workers = children(supervisor.pid)
    kill(supervisor.pid)
    supervisor.wait()
    assert eventually(lambda: not set(workers) & set(running("deliver")))
    assert service.count_workers() == 0


def test_a_worker_outlives_the_shell_that_started_it(service):
    """Whoever starts it with `&` and logs out wants it to go on."""
    command = shlex.join([sys.executable, "manage.py", "deliver"])
    log = service.folder / "deliver.log"
    subprocess.run(
        ["/bin/sh", "-c", f"nohup {command} >{log} 2>&1 & echo $! >{service.folder}/pid"],
        cwd=ROOT,
        env=service.variables,
        check=True,
    )
    worker = int((service.folder / "pid").read_text())
    try:
        assert eventually(lambda: service.count_workers() == 1)
        service.add_readers(20)
        service.publish()
        with service.witness():
            service.finish()
    finally:
        kill(worker)
    assert service.findings().faultless
