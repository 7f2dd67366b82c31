import time
from uuid import uuid4

from newsletter.delivery.batches import Batch
from newsletter.delivery.ledger import LEASE

SECONDS = LEASE.total_seconds()


def batch(age):
    """A batch that was claimed so many seconds ago."""
    return Batch(uuid4(), [uuid4()], time.monotonic() - age, probing=False)


def test_a_fresh_claim_is_safe_and_wants_nothing():
    fresh = batch(0)
    assert fresh.is_safe
    assert not fresh.wants_renewal


def test_a_lease_is_renewed_long_before_nothing_new_may_be_begun():
    older = batch(SECONDS * 0.4)
    assert older.is_safe
    assert older.wants_renewal


def test_with_less_than_half_of_the_lease_nothing_new_is_begun():
    old = batch(SECONDS * 0.51)
    assert not old.is_safe
    old.renewed(time.monotonic())
    assert old.is_safe
    assert not old.wants_renewal
