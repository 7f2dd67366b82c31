"""Several connections at once: what holds only if PostgreSQL really keeps them apart."""

import threading
from uuid import uuid4

from newsletter.delivery.ledger import Ledger, Record
from newsletter.models import Delivery


def at_once(*works):
    """Run functions at the same moment, and return their results."""
    start, results = threading.Barrier(len(works)), [None] * len(works)

    def run(position, work):
        start.wait(timeout=10)
        results[position] = work()

    threads = [
        threading.Thread(target=run, args=(position, work)) for position, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_claims_of_several_workers_never_overlap(connect, promise, issue):
    promise(60)
    ledgers = [Ledger(connect()) for _ in range(4)]

    def take_all(ledger):
        taken = []
        while ids := ledger.claim(issue.pk, uuid4(), 7):
            taken += ids
        return taken

    claims = at_once(*[lambda ledger=ledger: take_all(ledger) for ledger in ledgers])
    taken = [row for claim in claims for row in claim]
    assert len(taken) == len(set(taken)) == 60


def test_a_claim_passes_by_what_another_is_claiming(connect, promise, issue):
    promise(10)
    slow, quick = connect(), connect()
    with slow.transaction():
        first = Ledger(slow).claim(issue.pk, uuid4(), 6)
        second = Ledger(quick).claim(issue.pk, uuid4(), 10)
    assert (len(first), len(second)) == (6, 4)
    assert not set(first) & set(second)


def test_of_two_reapers_one_takes_a_row(connect, promise):
    promise(20, state="sending", next_at=None, lease_until="2020-01-01T00:00Z", claim_token=uuid4())
    ledgers = [Ledger(connect()) for _ in range(3)]
    reaped = at_once(*[lambda own=own: own.reap(resend_issues=True) for own in ledgers])
    assert sum(len(rows) for rows in reaped) == 20
    assert set(Delivery.objects.values_list("state", "recoveries")) == {("pending", 1)}


def test_a_reaper_and_a_late_outcome_agree_on_one_end(connect, promise, issue):
    for _ in range(20):
        Delivery.objects.all().delete()
        issue.newsletter.subscriptions.all().delete()
        [mail] = promise()
        token = uuid4()
        worker, reaper = Ledger(connect()), Ledger(connect())
        worker.claim(issue.pk, token, 1)
        worker.advance(token, [], [mail.pk], "")
        Delivery.objects.update(lease_until="2020-01-01T00:00Z")
        at_once(
            lambda: worker.advance(token, [Record(mail.pk, "sent")], [], ""),  # noqa: B023
            lambda: reaper.reap(resend_issues=False),  # noqa: B023
        )
        mail.refresh_from_db()
        assert mail.state == "sent"
