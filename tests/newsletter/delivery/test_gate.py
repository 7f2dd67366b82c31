"""The shared gate. Time is moved by moving the row, never by waiting."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from newsletter.delivery.gate import FAILURES_TO_OPEN, Gate
from newsletter.models import Provider

NAME = "smtp://mail.example.org"


@pytest.fixture
def gate(transactional_db) -> Gate:
    """Its statements are transactions, as a worker's are: each has its own time."""
    connection.ensure_connection()
    return Gate(connection.connection, NAME)


def provider() -> Provider:
    return Provider.objects.get(name=NAME)


def let_pass(seconds: float) -> None:
    """Move time on for everything that the row remembers."""
    past = timedelta(seconds=seconds)
    Provider.objects.update(
        probe_at=F("probe_at") - past,
        hold_until=F("hold_until") - past,
        next_slot=F("next_slot") - past,
    )


def fail(gate: Gate, times: int) -> list[bool]:
    return [gate.failed("connection_refused") for _ in range(times)]


def test_a_new_gate_is_open_and_opening_it_twice_is_harmless(gate):
    Gate(connection.connection, NAME)
    assert not gate.is_shut()
    assert not gate.may_probe()


def test_the_circuit_opens_at_the_tenth_failure_in_a_row(gate):
    assert fail(gate, FAILURES_TO_OPEN) == [False] * 9 + [True]
    assert gate.is_shut()
    assert provider().last_error == "connection_refused"


def test_a_success_in_between_begins_the_row_anew(gate):
    fail(gate, 9)
    gate.succeeded(probing=False)
    assert fail(gate, 9) == [False] * 9
    assert not gate.is_shut()


def test_a_late_success_from_before_does_not_close_the_circuit(gate):
    fail(gate, 10)
    gate.succeeded(probing=False)
    assert gate.is_shut()


def test_a_probe_is_due_after_30_seconds_and_one_worker_gets_it(gate):
    fail(gate, 10)
    let_pass(29)
    assert not gate.may_probe()
    let_pass(1.1)
    assert [gate.may_probe() for _ in range(3)] == [True, False, False]


def test_the_pause_between_probes_doubles_up_to_five_minutes(gate):
    fail(gate, 10)
    pauses = []
    for _ in range(7):
        pauses.append(round((provider().probe_at - timezone.now()).total_seconds()))
        let_pass(pauses[-1] + 1)
        assert gate.may_probe()
        gate.failed("connection_refused")
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_a_probe_that_succeeds_closes_the_circuit(gate):
    fail(gate, 13)
    gate.succeeded(probing=True)
    assert not gate.is_shut()
    assert (provider().failures, provider().probe_at) == (0, None)
    assert fail(gate, 9) == [False] * 9


def test_a_hold_keeps_everybody_back_for_its_time(gate):
    gate.hold(30)
    assert gate.is_shut()
    let_pass(29)
    assert gate.is_shut()
    let_pass(1.1)
    assert not gate.is_shut()


def test_a_shorter_hold_does_not_cut_a_longer_one(gate):
    gate.hold(30)
    gate.hold(5)
    let_pass(20)
    assert gate.is_shut()


def test_no_probe_during_a_hold(gate):
    fail(gate, 10)
    gate.hold(120)
    let_pass(60)
    assert not gate.may_probe()
    let_pass(61)
    assert gate.may_probe()


def test_a_rate_is_one_queue_for_all(gate):
    assert gate.reserve(10, 5) == pytest.approx(0, abs=0.1)
    assert gate.reserve(10, 5) == pytest.approx(2, abs=0.2)
    assert gate.reserve(1, 5) == pytest.approx(4, abs=0.2)


def test_an_idle_gate_saves_nothing_up(gate):
    gate.reserve(10, 5)
    let_pass(3600)
    assert gate.reserve(10, 5) == pytest.approx(0, abs=0.1)
    assert gate.reserve(10, 5) == pytest.approx(2, abs=0.2)


def test_reservations_over_several_connections_add_up(connect):
    gates = [Gate(connect(), NAME) for _ in range(4)]

    def reserve(own: Gate) -> None:
        for _ in range(25):
            own.reserve(1, 10)

    threads = [threading.Thread(target=reserve, args=(own,)) for own in gates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reserved = (provider().next_slot - timezone.now()).total_seconds()
    assert reserved == pytest.approx(100 / 10, abs=1.5)


def test_providers_do_not_meet(gate):
    other = Gate(connection.connection, "postmark://")
    fail(gate, 10)
    gate.hold(60)
    assert not other.is_shut()
