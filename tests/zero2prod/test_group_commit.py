"""Statements of several threads in one commit, and how each still has its own end."""

# ruff: noqa: S608  # the statements are made of these tests' own words only

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction

from newsletter.models import Consent, Subscription
from tests.factories import make_subscription
from zero2prod.postgres.group_commit import GroupCommit

pytestmark = pytest.mark.django_db(transaction=True)

GATE = "pg_advisory_xact_lock_shared(7)::text"
"""In a statement's row: there it waits while the operator keeps the gate shut."""
CONSENT = (
    "INSERT INTO newsletter_consent (subscription_id, act) VALUES ($1, 'signed_up') "
    f"RETURNING 1, {GATE}"
)


@pytest.fixture
def operator():
    """Another session of the same database."""
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as session:
        yield session


def run(statement, parameters, keys=()):
    try:
        return statement.run(parameters, keys)
    finally:
        connection.close()


@contextmanager
def grouped(statement, first, others, operator):
    """Yield the promised rows of runs of which all but the first go together."""
    operator.execute("SELECT pg_advisory_lock(7)")
    with ThreadPoolExecutor(1 + len(others)) as threads:
        promised = [threads.submit(run, statement, first)]
        while not operator.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            time.sleep(0.01)
        promised += [threads.submit(run, statement, parameters) for parameters in others]
        while len(statement._waiting) < len(others):
            time.sleep(0.01)
        operator.execute("SELECT pg_advisory_unlock(7)")
        yield promised


def errors_of(promised):
    return [type(promise.exception()) for promise in promised if promise.exception()]


def test_each_of_many_threads_gets_its_own_row():
    statement = GroupCommit("SELECT $1::int + 1")
    with ThreadPoolExecutor(20) as threads:
        rows = list(threads.map(lambda number: run(statement, [number]), range(200)))
    assert rows == [(number + 1,) for number in range(200)]


def test_who_comes_while_one_is_at_the_database_goes_with_the_others(operator):
    statement = GroupCommit(f"SELECT $1::int, pg_current_xact_id()::text, {GATE}")
    numbers = [[number] for number in range(1, 6)]
    with grouped(statement, [0], numbers, operator) as promised:
        rows = [promise.result() for promise in promised]
    assert [row[0] for row in rows] == [0, 1, 2, 3, 4, 5]
    first, *others = (row[1] for row in rows)
    assert len(set(others) - {first}) == 1


def test_a_statement_that_fails_fails_alone(operator):
    statement = GroupCommit(f"SELECT 6 / $1::int, {GATE}")
    with grouped(statement, [1], [[2], [0], [3], [0]], operator) as promised:
        assert errors_of(promised) == [DataError, DataError]
    assert [promised[place].result()[0] for place in (0, 1, 3)] == [6, 3, 2]


@pytest.mark.parametrize(("wrong", "error"), [("\0", DataError), ("\ud800", UnicodeEncodeError)])
def test_what_cannot_even_be_sent_fails_alone(operator, wrong, error):
    statement = GroupCommit(f"SELECT $1::text, {GATE}")
    with grouped(statement, ["a"], [["b"], [wrong], ["c"]], operator) as promised:
        assert errors_of(promised) == [error]
    assert [promised[place].result()[0] for place in (0, 1, 3)] == ["a", "b", "c"]


def test_what_only_the_commit_refuses_fails_alone(operator):
    readers = [make_subscription(f"reader{number}@example.org").pk for number in range(3)]
    statement = GroupCommit(CONSENT)
    with grouped(
        statement, [readers[0]], [[readers[1]], [uuid4()], [readers[2]]], operator
    ) as rows:
        assert errors_of(rows) == [IntegrityError]
    assert set(Consent.objects.values_list("subscription_id", flat=True)) == set(readers)


def test_nobody_is_told_of_success_when_the_connection_breaks(operator):
    reader = make_subscription().pk
    statement = GroupCommit(
        f"{CONSENT}, CASE WHEN $2 THEN pg_terminate_backend(pg_backend_pid()) END"
    )
    others = [[reader, False], [reader, True], [reader, False]]
    with grouped(statement, [reader, False], others, operator) as promised:
        assert errors_of(promised) == [OperationalError] * 3
    assert Consent.objects.count() == 1
    assert run(statement, [reader, False])[0] == 1


def test_a_group_holds_nothing_for_long_while_it_waits_for_somebody_else(operator):
    first, free, held = (make_subscription(f"{who}@example.org").pk for who in ("a", "b", "c"))
    statement = GroupCommit(
        f"UPDATE newsletter_subscription SET name = $2 WHERE id = $1 RETURNING 1, {GATE}"
    )
    operator.execute("BEGIN")
    operator.execute("SELECT FROM newsletter_subscription WHERE id = %s FOR UPDATE", [held])
    with grouped(statement, [first, "A"], [[free, "B"], [held, "C"]], operator) as promised:
        assert promised[1].result()[0] == 1
        assert not promised[2].done()
        operator.execute("COMMIT")
        assert promised[2].result()[0] == 1


def test_groups_of_two_processes_that_want_the_same_rows_never_block_each_other(operator):
    rows = [make_subscription(f"reader{number}@example.org", name="").pk for number in range(4)]
    count = "UPDATE newsletter_subscription SET name = name || $2 WHERE id = $1 RETURNING 1"
    processes = [GroupCommit(count), GroupCommit(count)]
    there_and_back = [
        *((processes[0], row) for row in rows),
        *((processes[1], row) for row in rows[::-1]),
    ]
    turns = 25 * there_and_back
    with ThreadPoolExecutor(12) as threads:
        done = list(threads.map(lambda turn: run(turn[0], [turn[1], "x"], [turn[1]]), turns))
    assert done == [(1,)] * 200
    assert {len(reader.name) for reader in Subscription.objects.all()} == {50}


def test_lone_runs_and_groups_in_each_others_way_all_come_to_their_end(operator):
    clients = [make_subscription(f"client{number}@example.org").pk for number in range(2)]
    networks = [make_subscription(f"network{number}@example.org").pk for number in range(2)]
    both = """
        WITH client AS (UPDATE newsletter_subscription SET name = '' WHERE id = $1 RETURNING 1)
        UPDATE newsletter_subscription SET name = name || 'x'
        WHERE id = $2 AND EXISTS (SELECT FROM client) RETURNING 1
    """
    processes = [GroupCommit(both), GroupCommit(both)]
    pairs = [[client, network] for client in clients for network in networks]
    turns = 25 * [(process, pair) for pair in pairs for process in processes]
    with ThreadPoolExecutor(10) as threads:
        done = list(threads.map(lambda turn: run(turn[0], turn[1], turn[1]), turns))
    assert done == [(1,)] * 200
    assert {len(Subscription.objects.get(pk=network).name) for network in networks} == {100}


def test_inside_a_transaction_it_is_a_part_of_that():
    reader = make_subscription().pk
    with transaction.atomic():
        assert GroupCommit(CONSENT).run([reader], [])[0] == 1
        transaction.set_rollback(True)
    assert not Consent.objects.exists()
