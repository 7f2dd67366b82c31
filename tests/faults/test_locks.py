"""An operator who holds a table, as a migration or VACUUM FULL does, and one who cancels."""

from contextlib import contextmanager

from tests.processes import eventually

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@contextmanager
def held(service, *tables):
    with service.cluster.connect() as operator:
        operator.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        yield
        operator.rollback()


def test_leases_are_renewed_while_a_duty_waits_for_a_lock(service):
    """The senders wait as well, with outcomes to record: nobody may take their mails for lost."""
    service.add_readers(500)
    service.publish()
    with service.witness({"do": "slow", "seconds": 0.1}):
        service.deliver()
        assert eventually(lambda: service.count("state = 'sending'") == 4 * 16)
        with held(service, "newsletter_subscription", "newsletter_worker"):
            assert eventually(lambda: len(service.sql(WAITING)) >= 4 + 1)
            ((last,),) = service.sql("SELECT max(lease_until) FROM newsletter_delivery")
            renewed = "SELECT 1 FROM newsletter_delivery HAVING min(lease_until) > %s"
            assert eventually(lambda: service.sql(renewed, last), seconds=25)
        service.finish()
    findings = service.findings()
    assert findings.faultless, findings
    assert findings.states == {"sent": 500}


def test_a_command_that_is_cancelled_says_so_in_a_sentence(service):
    """Also where it copies, by a cursor that is not Django's."""
    file = service.folder / "readers.csv"
    file.write_text("email\nursula@example.org\n")
    with held(service, "newsletter_importpart"):
        command = service.start(
            "manage.py", "import_subscriptions", str(file), "--source", "a fair"
        )
        assert eventually(lambda: service.sql(WAITING))
        service.sql(CANCEL)
        assert command.wait(timeout=30) == 1
    assert service.log() == "The database failed: canceling statement due to user request\n"
