"""A database that cuts connections, restarts and goes away in the middle of a send."""

import time

from tests.faults.sampler import Sampler
from tests.processes import eventually

RESUMED_WITHIN = 15


def test_cut_connections_leave_nothing_in_doubt(service, scale, measured):
    """What the provider said is kept in memory until it can be written down."""
    service.add_readers(scale.readers)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}), Sampler(service.cluster.connect) as sums:
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        for _ in range(scale.cuts):
            service.cluster.cut_workers()
            time.sleep(1.0)
        assert worker.poll() is None
        service.finish(seconds=900)

    findings = service.findings()
    measured.note("connections cut each second", scale.cuts, findings)
    assert findings.faultless, findings
    assert findings.states == {"sent": scale.readers}
    assert sums.wrong == []


def test_a_restarted_database_leaves_nothing_in_doubt(service, scale, measured):
    service.add_readers(scale.readers)
    service.publish()
    slowest = 0.0
    with service.witness({"do": "slow", "seconds": 0.01}), Sampler(service.cluster.connect) as sums:
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        for _ in range(scale.restarts):
            slowest = max(slowest, restart(service, seconds=1))
        assert worker.poll() is None
        service.finish(seconds=900)

    findings = service.findings()
    remarks = f"resumed within {slowest:.1f} s; {sums.samples} sums, {len(sums.wrong)} wrong"
    measured.note("database restarted at once", scale.restarts, findings, remarks)
    assert findings.faultless, findings
    assert findings.states == {"sent": scale.readers}
    assert sums.wrong == []


def test_a_database_that_is_away_is_waited_for(service, scale, measured):
    """Away for longer than a lease, in the long form: what is in flight then may be in doubt."""
    service.add_readers(scale.readers)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}):
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        resumed = restart(service, seconds=scale.away)
        assert worker.poll() is None
        service.finish(seconds=900)

    findings = service.findings()
    remarks = f"{scale.away:.0f} s away, resumed within {resumed:.1f} s"
    measured.note("database away", 1, findings, remarks)
    assert findings.faultless, findings
    assert findings.states == {"sent": scale.readers}


def test_a_failover_leaves_nothing_in_doubt(service, scale):
    """It may lead to a standby for a while, which can be neither written nor listened to."""
    send_through(service.cluster.as_standby(), service, scale)


def test_a_database_that_becomes_read_only_leaves_nothing_in_doubt(service, scale):
    """Under sessions that are open, whose statements it refuses by an error of another class."""
    send_through(service.cluster.as_read_only(), service, scale)
    assert "read-only transaction" in service.log()


def test_a_worker_has_as_many_connections_as_the_guide_counts(service):
    """Those that send, the housekeeping's and the import's."""
    service.add_readers(100)
    service.publish()
    held = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'worker'"
    with service.witness():
        service.deliver(APP_DELIVERY__CONNECTIONS="2")
        service.finish()
        assert eventually(lambda: len(service.sql(held)) == 4)


def send_through(trouble, service, scale):
    """Send an issue with some seconds of trouble in the middle, of which nothing may be left."""
    service.add_readers(scale.readers)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.01}):
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sent'") > 0)
        with trouble:
            time.sleep(3.0)
        assert worker.poll() is None
        service.finish(seconds=900)

    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": scale.readers}
    assert "Traceback" not in service.log()


def restart(service, *, seconds):
    """Kill the database for some time; return how long after its return mails went on."""
    service.cluster.stop("immediate")
    time.sleep(seconds)
    service.cluster.start()
    before, back = service.count("state = 'sent'"), time.monotonic()
    assert eventually(
        lambda: service.count("state = 'sent'") > before or service.is_over(),
        seconds=RESUMED_WITHIN,
    )
    return time.monotonic() - back
