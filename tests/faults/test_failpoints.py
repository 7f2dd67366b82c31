"""A worker that dies at each place where it hurts, once."""

import signal

import pytest

from newsletter.delivery.failpoints import POINTS
from newsletter.delivery.sending import GROUP

READERS = 400


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_loses_nobody_and_doubles_nobody(service, point, measured):
    service.add_readers(READERS)
    service.publish()
    with service.witness():
        killed = service.deliver(
            APP_DELIVERY__FAILPOINT=f"{point}:2", APP_DELIVERY__CONNECTIONS="1"
        )
        assert killed.wait(timeout=30) == -signal.SIGKILL
        service.let_leases_pass()
        service.deliver()
        service.finish()

    findings = service.findings()
    measured.note(f"killed {point}", 1, findings)
    assert findings.faultless, findings
    assert findings.states["unknown"] == (0 if point == "after-claim" else GROUP)
    assert findings.states["sent"] == READERS - findings.states["unknown"]
