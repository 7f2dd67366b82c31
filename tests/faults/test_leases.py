"""Workers that live, and whose time ran out: the database was away for longer than a lease."""

from newsletter.delivery.sending import GROUP
from tests.processes import eventually

READERS = 200


def test_outcomes_that_come_late_resolve_the_doubt_and_open_the_issue_again(service):
    """The first worker is held up after the dot; meanwhile a second one takes over and ends.

    It is held up for two rounds of the reaper, so that a busy machine does not miss the moment.
    """
    service.add_readers(READERS)
    issue = service.publish()
    with service.witness({"do": "slow", "seconds": 12.0, "to": "^reader7@"}):
        first = service.deliver(APP_DELIVERY__CONNECTIONS="1")
        late = (
            "state = 'sending' AND subscription_id IN "
            "(SELECT id FROM newsletter_subscription WHERE email = 'reader7@example.org')"
        )
        assert eventually(lambda: service.count(late) == 1)
        service.let_leases_pass()
        assert eventually(lambda: service.count("state = 'unknown'") == GROUP)
        service.deliver()
        service.finish()
        assert eventually(lambda: not service.count("state = 'unknown'"))
        assert first.poll() is None

    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": READERS}
    closed = "SELECT 1 FROM newsletter_issue WHERE id = %s AND state = 'sent'"
    assert eventually(lambda: bool(service.sql(closed, issue)))
