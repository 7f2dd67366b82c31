"""The database, and what it says of the delivery."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from newsletter import waiting
from newsletter.doctor.findings import Finding, fail, ok, warn
from newsletter.models import Installation, IssueCount, Provider, Worker
from newsletter.models.workers import HEARTBEAT_LIMIT
from zero2prod.checks import check_pool
from zero2prod.health import LATENESS_LIMIT

OLDEST_VERSION = 13
CLOCKS_APART = timedelta(seconds=5)


def examine() -> Iterator[Finding]:
    """Look at server, schema and place. Raises DatabaseError when it is away."""
    connection.ensure_connection()
    version = connection.connection.info.server_version // 10_000
    if version < OLDEST_VERSION:
        remedy = f"Move to PostgreSQL {OLDEST_VERSION} or newer."
        yield fail("database", f"it is PostgreSQL {version}", remedy)
    else:
        yield ok("database", f"PostgreSQL {version} answers")
    for fault in check_pool(databases=[DEFAULT_DB_ALIAS]):
        yield fail("pool", fault.msg, str(fault.hint))
    yield from _durability()
    yield from _clock()
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield fail("migrations", f"{missing} not applied", "Run `manage.py migrate`.")
    else:
        yield ok("migrations", "all are applied")
    if Installation.objects.is_restored():
        yield fail(
            "restored copy",
            "this database is a copy of the one the workers sent from: nothing is sent",
            "If it replaces the original, run `manage.py reconcile`; see ops/runbooks.md.",
        )


def _durability() -> Iterator[Finding]:
    """https://www.postgresql.org/docs/current/wal-async-commit.html"""
    with connection.cursor() as cursor:
        cursor.execute(_UNSAFE)
        for (name,) in cursor.fetchall():
            says = f"{name} is off: a crash of the server may lose what was answered or sent"
            yield warn("durability", says, "Set it on, in the server or for this role.")


_UNSAFE = """
SELECT name FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
"""


def _clock() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        apart = abs(cursor.fetchone()[0] - timezone.now())
    if apart > CLOCKS_APART:
        says = f"the database's and this machine's are {apart.total_seconds():,.0f} s apart"
        remedy = "Let both follow NTP: schedules and the undo window are wrong by as much."
        yield warn("clock", says, remedy)


def examine_delivery() -> Iterator[Finding]:
    yield from _workers()
    yield from _oldest_due()
    yield from _circuits()
    yield from _accounting()


def _workers() -> Iterator[Finding]:
    alive = Worker.objects.alive().count()
    if alive:
        yield ok("worker", f"{alive} seen in the last {HEARTBEAT_LIMIT.seconds} s")
    else:
        says = f"none seen for {HEARTBEAT_LIMIT.seconds} s: no mail leaves"
        yield fail("worker", says, "Start `manage.py deliver`, and look at its log.")


def _oldest_due() -> Iterator[Finding]:
    oldest = waiting.oldest()
    waits = timezone.now() - oldest if oldest else timedelta()
    if waits > LATENESS_LIMIT:
        says = f"the oldest mail is due for {waits.total_seconds() // 60:,.0f} min"
        remedy = "Look for the reason below: the worker, its provider, or a rate that is too low."
        yield warn("due mail", says, remedy)
    else:
        yield ok("due mail", "none waits for longer than it should")


def _circuits() -> Iterator[Finding]:
    for provider in Provider.objects.filter(opened_at__isnull=False):
        says = f"refuses everything since {provider.opened_at:%Y-%m-%d %H:%M} UTC"
        remedy = f"Its last word was “{provider.last_error}”. It is tried again by itself."
        yield fail(f"provider {provider.name}", says, remedy)


def _accounting() -> Iterator[Finding]:
    wrong = [count for count in IssueCount.objects.all() if count.error]
    for count in wrong:
        says = f"issue {count.issue_id} promised {count.promised:,} mails and has others"
        yield fail("accounting", says, "Keep the database as it is, and report it: see runbooks.")
    if not wrong:
        yield ok("accounting", "every promised mail is in exactly one state")
