"""Workers that are killed, one after another, under load."""

import random
import signal
import time

from newsletter.delivery.sending import GROUP
from tests.faults.sampler import Sampler
from tests.faults.service import kill_one
from tests.processes import eventually

CONNECTIONS = 4


def test_random_kills_lose_nobody_double_nobody_and_bound_the_doubt(service, scale, measured):
    service.add_readers(scale.readers)
    service.publish()
    dice = random.Random(4)  # noqa: S311
    with service.witness({"do": "slow", "seconds": 0.02}), Sampler(service.cluster.connect) as sums:
        workers = service.deliver("--processes", "3")
        assert eventually(lambda: service.count("state = 'sent'") > 100)
        kills = 0
        while kills < scale.kills:
            time.sleep(dice.uniform(0.2, 0.8))
            kills += kill_one(workers, dice)
        last_kill, held = time.monotonic(), service.tokens()
        assert eventually(lambda: not held & service.tokens(), seconds=60)
        recovery = time.monotonic() - last_kill
        service.finish(seconds=900)

    findings = service.findings()
    remarks = f"resumed within {recovery:.1f} s; {sums.samples} sums, {len(sums.wrong)} wrong"
    measured.note("workers killed at random", kills, findings, remarks)
    assert findings.faultless, findings
    assert findings.states["unknown"] <= kills * CONNECTIONS * GROUP
    assert findings.states["unknown"] + findings.states["sent"] == scale.readers
    assert sums.samples > 20
    assert sums.wrong == []


def test_the_supervisor_is_killed_and_its_workers_end_too(service):
    service.add_readers(100)
    with service.witness():
        workers = service.deliver("--processes", "2")
        assert eventually(lambda: len(service.sql("SELECT 1 FROM newsletter_worker")) == 2)
        workers.send_signal(signal.SIGKILL)
        workers.wait()
        assert eventually(lambda: not service.sql("SELECT 1 FROM newsletter_worker"))


def test_a_mail_that_kills_whoever_sends_it_takes_nobody_with_it_twice(service):
    """The operator sends what is in doubt again, and again, until the mail is given up."""
    service.add_readers(3 * GROUP)
    issue = service.publish()
    in_hand = (
        "state = 'sending' AND subscription_id IN "
        "(SELECT id FROM newsletter_subscription WHERE email = 'reader7@example.org')"
    )
    in_doubt = []
    with service.witness({"do": "slow", "seconds": 600, "to": "^reader7@"}):
        for _ in range(3):
            worker = service.deliver(APP_DELIVERY__CONNECTIONS="1")
            assert eventually(lambda: service.count(in_hand) == 1)
            worker.kill()
            worker.wait()
            service.let_leases_pass()
            service.run("deliver", "--drain")
            in_doubt.append(service.count("state = 'unknown'"))
            service.run("issue", str(issue), "resend-unknown")
        service.finish()

    assert in_doubt == [GROUP, 1, 0]
    assert service.states() == {"sent": 3 * GROUP - 1, "failed": 1}
    assert service.count("state = 'failed' AND error_code = 'poison'") == 1
    findings = service.findings()
    assert (findings.lost, findings.denied) == ([], [])
    assert len(findings.doubled) < GROUP


def test_a_mail_that_kills_every_worker_is_given_up_and_the_others_go_out(service):
    service.promise_confirmations(1)
    deaths = 0
    with service.witness():
        while not service.is_over():
            worker = service.deliver("--drain", APP_DELIVERY__FAILPOINT="after-sending")
            deaths += worker.wait(timeout=30) == -signal.SIGKILL
            service.let_leases_pass()
        assert deaths <= 3
        assert service.states() == {"unknown": 1}

        service.promise_confirmations(20, "other")
        service.run("deliver", "--drain")
    assert service.states() == {"unknown": 1, "sent": 20}
