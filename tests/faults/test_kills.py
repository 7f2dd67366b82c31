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
        service.finish(seconds=300)

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
