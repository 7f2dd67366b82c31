"""Kept connections, and statements that are planned once."""

import time
from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import sql

from zero2prod.postgres.cursors import prepared_cursor
from zero2prod.postgres.outages import reason

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def operator():
    """Another session of the same database."""
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as session:
        yield session


def end(pid, operator):
    operator.execute("SELECT pg_terminate_backend(%s)", [pid])
    while operator.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
        time.sleep(0.01)


def test_a_living_connection_is_known_without_a_question():
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as queries:
        assert connection.is_usable()
    assert len(queries) == 0


def test_a_connection_that_the_server_ended_is_not_used_again(operator):
    connection.ensure_connection()
    end(connection.connection.info.backend_pid, operator)
    assert not connection.is_usable()
    connection.close()
    assert connection.is_usable() is False
    connection.ensure_connection()
    assert connection.is_usable()


def test_a_connection_with_unread_news_is_asked(operator):
    with connection.cursor() as cursor:
        cursor.execute("LISTEN news")
    operator.execute("NOTIFY news")
    while not connection._has_unread():
        time.sleep(0.01)
    assert connection.is_usable()
    assert not connection._has_unread()


def test_a_prepared_statement_is_prepared_once():
    for number in range(3):
        with prepared_cursor() as cursor:
            cursor.execute("SELECT $1::int + 1", [number])
            assert cursor.fetchone() == (number + 1,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%+ 1'")
        assert cursor.fetchone() == (1,)


def test_a_prepared_statement_is_planned_once():
    with prepared_cursor() as cursor:
        cursor.execute("SELECT count(*) FROM newsletter_subscription WHERE name = $1", ["Ursula"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%name = $1'")
        (name,) = cursor.fetchone()
        cursor.execute(f"EXPLAIN EXECUTE {name}('Ursula')")
        plan = str(cursor.fetchall())
    assert "$1" in plan
    assert "Ursula" not in plan


def test_what_a_database_is_set_to_does_not_change_how_it_is_spoken_to(operator):
    settings = ("DateStyle = 'German'", "default_transaction_isolation = 'serializable'")
    name = sql.Identifier(connection.settings_dict["NAME"])
    for setting in settings:
        operator.execute(sql.SQL("ALTER DATABASE {} SET " + setting).format(name))
    connection.close()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT now(), current_setting('transaction_isolation')")
            now, isolation = cursor.fetchone()
    finally:
        operator.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(name))
    assert abs(now - timezone.now()) < timedelta(minutes=5)
    assert isolation == "read committed"


def test_errors_are_those_of_django(operator):
    with prepared_cursor() as cursor:
        end(connection.connection.info.backend_pid, operator)
        with pytest.raises(OperationalError):
            cursor.execute("SELECT 1")
    connection.close()


def test_the_reason_of_an_outage_is_one_line_with_every_attempt():
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("host=127.0.0.1,127.0.0.2 port=1")
    said = reason(refused.value)
    assert "\n" not in said
    assert '"127.0.0.1"' in said
    assert '"127.0.0.2"' in said


def test_the_reason_is_what_the_server_says_without_the_detail(operator):
    with pytest.raises(psycopg.OperationalError, match="ursula") as over:
        operator.execute(
            "DO $$ BEGIN RAISE 'it is over' USING "
            "ERRCODE = 'query_canceled', DETAIL = 'ursula@example.org'; END $$"
        )
    assert reason(over.value) == "it is over"
