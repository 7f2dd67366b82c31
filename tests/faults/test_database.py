"""A database that cuts connections, restarts and goes away in the middle of a send."""

import time

from tests.faults.checker import Sampler
from tests.processes import eventually


def test_cut_connections_leave_nothing_in_doubt(service):
    """What the provider said is kept in memory until it can be written down."""
    service.add_readers(3000)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}), Sampler(service.cluster.connect) as sums:
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        for _ in range(8):
            service.cluster.terminate_others()
            time.sleep(1.0)
        assert worker.poll() is None
        service.finish(seconds=90)

    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": 3000}
    assert sums.wrong == []


def test_a_restarted_database_leaves_nothing_in_doubt(service):
    service.add_readers(3000)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}), Sampler(service.cluster.connect) as sums:
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        service.cluster.stop("immediate")
        time.sleep(4)
        service.cluster.start()
        before, back = service.count("state = 'sent'"), time.monotonic()
        assert eventually(lambda: service.count("state = 'sent'") > before + 100)
        assert time.monotonic() - back <= 15
        assert worker.poll() is None
        service.finish(seconds=90)

    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": 3000}
    assert sums.wrong == []
