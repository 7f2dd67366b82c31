"""A network that swallows everything, so that neither side hears that the other is gone."""

import time

import pytest

from tests.faults import network
from tests.processes import eventually

NOTICED_WITHIN = 15 + 5 + 5
"""Seconds of silence, until the next probe, and for a busy machine."""


@pytest.fixture
def line(cluster):
    if not network.can_be_laid():
        pytest.skip("Only root can lay a network and cut it (Debian: iproute2).")
    with network.laid(cluster) as line:
        yield line


def test_silence_is_noticed_by_who_waits_for_an_answer(service, scale, line):
    """Its question has arrived, so that TCP has nothing to send again and would wait for hours."""
    service.add_readers(scale.readers)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}):
        worker = service.deliver(**line.variables)
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        with service.cluster.connect() as operator:
            operator.execute("LOCK TABLE newsletter_delivery")
            time.sleep(1.0)
            line.cut()
            assert eventually(lambda: "database_away" in service.log(), seconds=NOTICED_WITHIN)
        line.mend()
        assert worker.poll() is None
        service.finish(seconds=900)

    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": scale.readers}
