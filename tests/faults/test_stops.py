"""SIGTERM while mails are under way."""

import pytest

from newsletter.delivery.sending import GROUP
from tests.faults.service import stop
from tests.processes import eventually


@pytest.mark.parametrize("seconds", [0.01, 1.0])
def test_sigterm_under_load_leaves_nothing_in_doubt(service, seconds, scale, measured):
    service.add_readers(scale.readers)
    service.publish()
    slowest = 0.0
    with service.witness({"do": "slow", "seconds": seconds}):
        for _ in range(scale.stops):
            workers = service.deliver("--processes", "2")
            assert eventually(lambda: service.count("state = 'sending'") > 0)
            code, duration = stop(workers)
            slowest = max(slowest, duration)
            assert (code, duration < 20) == (0, True)
            assert not service.count("state IN ('claimed', 'sending', 'unknown')")

        assert service.count("state = 'pending'")
        findings = service.findings()
        findings.unfinished.clear()
        remarks = f"ended within {slowest:.1f} s; {seconds} s a mail"
        measured.note("SIGTERM under load", scale.stops, findings, remarks)
        assert findings.faultless, findings
        pending = "SELECT 1 FROM newsletter_delivery WHERE state = 'pending' AND attempts > 0"
        assert service.sql(pending) == []
        assert service.sql("SELECT 1 FROM newsletter_worker") == []


def test_sigterm_cuts_who_waits_for_an_answer_and_leaves_only_his_mail_in_doubt(service):
    """What the provider took before, and what was not begun, must not be in doubt with it."""
    service.add_readers(400)
    service.publish()
    with service.witness({"do": "slow", "seconds": 1000, "every": 30}):
        worker = service.deliver()
        assert eventually(lambda: service.count("state = 'sending'") == 4 * GROUP)
        assert eventually(lambda: is_quiet(service))
        code, duration = stop(worker)
        assert (code, duration < 20) == (0, True)
        findings = service.findings()
        assert set(findings.states) == {"sent", "pending", "unknown"}
        assert findings.states["unknown"] == 4
        assert (findings.lost, findings.doubled) == ([], [])
        assert not service.count("state = 'pending' AND attempts > 0")


def is_quiet(service):
    """Whether the witness took nothing for a second."""
    seen = service.seen.read_text()
    return not eventually(lambda: service.seen.read_text() != seen, seconds=1)


def test_sigterm_again_and_again_is_one_sigterm(service):
    service.add_readers(1000)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.2}):
        workers = service.deliver("--processes", "2")
        assert eventually(lambda: service.count("state = 'sending'") > 0)
        for _ in range(5):
            workers.terminate()
        assert stop(workers)[0] == 0
    assert not service.count("state IN ('claimed', 'sending', 'unknown')")


@pytest.mark.parametrize("processes", ["1", "3"])
def test_sigterm_at_any_moment_of_the_start_ends_all(service, processes):
    """Nobody may miss it: a worker that does lives until the platform kills it."""
    for wait in (0.6, 0.8, 1.0, 1.2):
        workers = service.deliver("--processes", processes)
        eventually(lambda: workers.poll() is not None, seconds=wait)  # noqa: B023
        code, duration = stop(workers)
        assert code in {0, -15}
        assert duration < 10
        assert service.sql("SELECT 1 FROM newsletter_worker") == []


def test_sigterm_during_an_expansion_ends_it_behind_a_chunk(service):
    service.add_readers(150_000)
    issue = service.publish()
    worker = service.deliver()
    expanding = "SELECT 1 FROM newsletter_issue WHERE id = %s AND state = 'expanding'"
    assert eventually(lambda: service.count("true") > 0)
    code, duration = stop(worker)
    assert (code, duration < 10) == (0, True)
    assert service.sql(expanding, issue)
