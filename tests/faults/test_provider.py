"""A mail provider that is away, refuses, closes and says nonsense."""

import time

from newsletter.delivery.sending import GROUP
from newsletter.simulation.verdict import accepted
from tests.faults.sampler import Sampler
from tests.processes import eventually

RATE = 100


def test_an_absent_provider_opens_the_circuit_and_costs_nobody_an_attempt(service):
    service.add_readers(1000)
    service.publish()
    worker = service.deliver()
    assert eventually(lambda: bool(service.sql("SELECT 1 FROM newsletter_provider")))
    assert eventually(
        lambda: bool(service.sql("SELECT 1 FROM newsletter_provider WHERE failures > 0"))
    )
    started = time.monotonic()
    opened = "SELECT 1 FROM newsletter_provider WHERE opened_at IS NOT NULL"
    assert eventually(lambda: bool(service.sql(opened)))
    assert time.monotonic() - started <= 2
    assert eventually(lambda: service.states() == {"pending": 1000})
    assert not service.count("attempts > 0")
    assert worker.poll() is None

    with service.witness():
        service.let_waits_pass()
        service.finish()
    assert service.sql(opened) == []
    assert service.findings().faultless
    assert service.states() == {"sent": 1000}


def test_the_rate_holds_over_all_workers(service, scale, measured):
    """Slower is the machine's business; faster is not allowed."""
    service.add_readers(scale.at_rate)
    service.publish()
    rate = {"APP_DELIVERY__RATE_PER_SECOND": str(RATE)}
    with service.witness():
        for _ in range(2):
            service.deliver("--processes", "2", **rate)
        service.finish(seconds=300)
    span = "extract(epoch FROM max(sending_at) - min(sending_at))::float"
    ((seconds,),) = service.sql(f"SELECT {span} FROM newsletter_delivery")  # noqa: S608
    findings = service.findings()
    measured.note(f"{RATE} a second for 4 workers", 0, findings, f"{seconds:.1f} s")
    assert findings.states == {"sent": scale.at_rate}
    assert seconds >= 0.95 * scale.at_rate / RATE - GROUP / RATE


def test_a_sign_up_while_the_provider_is_away_is_confirmed_later(service):
    service.deliver()
    service.promise_confirmations(5)
    assert eventually(lambda: service.count("error_code = 'connection_refused'") > 0)
    with service.witness():
        service.let_waits_pass()
        service.finish()
    assert service.states() == {"sent": 5}
    assert sum(accepted(service.seen).values()) == 5


def test_every_kind_of_refusal_ends_in_its_state(service):
    service.add_readers(1000)
    service.publish()
    rules = [
        {"do": "550", "to": "^reader1..@"},
        {"do": "552", "to": "^reader2..@"},
        {"do": "close-after-dot", "to": "^reader3.@"},
        {"do": "garbage", "to": "^reader4@"},
        {"do": "450", "every": 10},
        {"do": "421", "every": 301},
        {"do": "close-before-data", "every": 97},
    ]
    with service.witness(*rules), Sampler(service.cluster.connect) as sums:
        service.deliver()
        service.finish_without_waits()

    findings = service.findings()
    assert (findings.lost, findings.doubled, findings.denied) == ([], [], [])
    assert findings.states == {"sent": 789, "failed": 200, "unknown": 11}
    assert service.count("state = 'failed' AND error_code = '550 5.1.1'") == 100
    assert service.count("state = 'failed' AND error_code = '552 5.2.2'") == 100
    assert service.count("error_code = 'connection_lost after the dot'") == 10
    assert service.count("error_code = 'garbled_reply'") == 1
    bounced = "SELECT count(*) FROM newsletter_subscription WHERE status = 'bounced'"
    assert service.sql(bounced) == [(100,)]
    assert sums.wrong == []


def test_a_confirmation_in_doubt_is_sent_once_more_and_an_issue_is_held(service):
    service.add_readers(3)
    service.publish()
    service.promise_confirmations(3)
    with service.witness({"do": "close-after-dot"}):
        service.deliver(APP_DELIVERY__CONNECTIONS="1")
        service.finish_without_waits()
    assert service.states() == {"unknown": 6}
    times = sorted(accepted(service.seen).values())
    assert times == [1, 1, 1, 2, 2, 2]


def test_the_policy_resend_doubles_at_most_what_was_in_doubt(service):
    service.add_readers(300)
    service.publish()
    with service.witness({"do": "close-after-dot", "every": 50}):
        service.deliver(APP_DELIVERY__UNKNOWN_POLICY="resend")
        service.finish_without_waits()
    findings = service.findings()
    resent = service.count("resends > 0")
    assert (findings.lost, findings.denied) == ([], [])
    assert 0 < len(findings.doubled) <= resent
    assert findings.states["sent"] + findings.states["unknown"] == 300
