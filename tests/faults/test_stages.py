"""A staged send under the hands of several workers, some of which are killed."""

import random

from tests.faults.sampler import Sampler
from tests.faults.service import kill_one
from tests.processes import eventually

READERS, FIRST = 600, 300
STAGE = "SELECT stage, audience_size FROM newsletter_issue"


def test_the_first_are_no_more_and_all_get_it_once_whoever_dies(service):
    service.add_readers(READERS)
    service.publish(f"--first={FIRST}", "--wait=3s")
    dice = random.Random(9)  # noqa: S311
    with service.witness({"do": "slow", "seconds": 0.02}), Sampler(service.cluster.connect) as sums:
        workers = service.deliver("--processes", "2")
        assert eventually(lambda: service.count("state = 'sent'") > 20)
        kill_one(workers, dice)
        assert service.sql(STAGE) == [("first", FIRST)]
        assert eventually(lambda: service.sql(STAGE) == [("watched", FIRST)], seconds=90)
        kill_one(workers, dice)
        assert service.sql(STAGE) == [("watched", FIRST)]
        assert eventually(lambda: service.sql(STAGE) == [("passed", READERS)], seconds=60)
        service.finish(seconds=120)
    findings = service.findings()
    assert findings.faultless, findings
    assert sum(service.states().values()) == READERS
    assert sums.wrong == []
