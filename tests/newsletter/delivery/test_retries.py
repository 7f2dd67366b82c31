from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery import retries
from newsletter.models import Delivery

kinds = st.sampled_from([kind.value for kind in Delivery.Kind])

MINUTE, HOUR = 60, 3600


def test_every_kind_of_mail_has_its_delays():
    assert set(retries.DELAYS) == set(Delivery.Kind.values)


@pytest.mark.parametrize(
    ("kind", "attempts", "seconds"),
    [
        ("issue", 1, MINUTE),
        ("issue", 2, 5 * MINUTE),
        ("issue", 3, 30 * MINUTE),
        ("issue", 4, 2 * HOUR),
        ("issue", 5, 6 * HOUR),
        ("issue", 6, 12 * HOUR),
        ("issue", 7, 24 * HOUR),
        ("issue", 8, 24 * HOUR),
        ("confirmation", 1, 10),
        ("confirmation", 2, MINUTE),
        ("confirmation", 9, 24 * HOUR),
        ("test", 3, 5 * MINUTE),
    ],
)
def test_the_longest_delay_after_each_attempt(kind, attempts, seconds):
    assert retries.delay_after(kind, attempts, 1.0) == timedelta(seconds=seconds)


@pytest.mark.parametrize(("kind", "attempts"), [("issue", 9), ("confirmation", 10), ("test", 4)])
def test_in_the_end_a_mail_is_given_up(kind, attempts):
    assert retries.delay_after(kind, attempts - 1, 1.0) is not None
    assert retries.delay_after(kind, attempts, 1.0) is None
    assert retries.delay_after(kind, attempts + 1000, 1.0) is None


def test_an_issue_is_tried_for_72_hours_at_most_and_a_confirmation_for_days():
    hours = {kind: sum(delays) / HOUR for kind, delays in retries.DELAYS.items()}
    assert 48 < hours["issue"] <= 72
    assert 48 < hours["confirmation"] <= 96


@given(kind=kinds, attempts=st.integers(1, 30), jitter=st.floats(0, 1))
def test_the_jitter_is_full(kind, attempts, jitter):
    longest = retries.delay_after(kind, attempts, 1.0)
    delay = retries.delay_after(kind, attempts, jitter)
    assert (delay is None) == (longest is None)
    if delay is not None and longest is not None:
        assert timedelta(0) <= delay <= longest


@pytest.mark.parametrize(
    ("kind", "resends", "policy", "may"),
    [
        ("confirmation", 0, "hold", True),
        ("confirmation", 1, "hold", False),
        ("confirmation", 1, "resend", False),
        ("test", 0, "hold", True),
        ("issue", 0, "hold", False),
        ("issue", 0, "resend", True),
        ("issue", 1, "resend", False),
    ],
)
def test_what_is_in_doubt_is_sent_once_more_where_that_harms_nobody(kind, resends, policy, may):
    assert retries.may_resend(kind, resends, policy) is may
