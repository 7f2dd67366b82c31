"""A copy of the database, made by PostgreSQL's own tools, sends nothing until it is reconciled."""

import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.faults.service import ROOT, Service
from tests.processes import eventually
from zero2prod.local_postgres.programs import find_programs, server_account

COPY = "copy"


@pytest.fixture
def copied(service: Service) -> Iterator[dict[str, str]]:
    """Return the variables that lead to a copy of a database from which a worker has sent.

    When it was made an issue was on its way: a mail in hand, another being sent, one pending.
    """
    service.add_readers(3)
    service.promise_confirmations(1, "first")
    with service.witness():
        service.deliver("--drain").wait(timeout=60)
    issue = service.publish()
    assert service.count("kind = 'confirmation' AND state = 'sent'") == 1
    service.sql(_ON_ITS_WAY, issue)
    service.sql(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
    service.sql(f"CREATE DATABASE {COPY}")
    restore(service)
    yield {"APP_DATABASE__DATABASE_NAME": COPY}
    service.sql(f"DROP DATABASE {COPY} WITH (FORCE)")


_ON_ITS_WAY = """
WITH readers AS (
    SELECT id, row_number() OVER (ORDER BY id) AS number FROM newsletter_subscription
    WHERE status = 'confirmed'
), started AS (
    UPDATE newsletter_issue SET state = 'sending', audience_size = 3 WHERE id = %s RETURNING id
)
INSERT INTO newsletter_delivery
    (id, kind, issue_id, subscription_id, recipient, state, next_at, lease_until)
SELECT gen_random_uuid(), 'issue', started.id, readers.id, '',
    (ARRAY['claimed', 'sending', 'pending'])[number],
    CASE WHEN number = 3 THEN now() END,
    CASE WHEN number < 3 THEN now() END
FROM readers, started
"""


def restore(service: Service) -> None:
    """Dump the whole database and restore it beside the original."""
    cluster = service.cluster
    programs = find_programs(server_account(cluster.home / "data"))
    where = ("-h", str(cluster.sockets), "-p", cluster.environment()["APP_DATABASE__PORT"])
    user = ("-U", cluster.environment()["APP_DATABASE__USERNAME"])
    name = cluster.environment()["APP_DATABASE__DATABASE_NAME"]
    dump = cluster.home / "copy.dump"
    dump.touch()
    dump.chmod(0o666)
    programs.run("pg_dump", *where, *user, "-Fc", "-f", str(dump), name)
    programs.run("pg_restore", *where, *user, "-d", COPY, str(dump))


def manage(service: Service, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**service.variables, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def mails(service: Service) -> int:
    """Return how many mails the witness has taken."""
    return service.seen.read_text().count("\n") if service.seen.exists() else 0


def states(service: Service) -> dict[str, int]:
    query = "SELECT state, count(*) FROM newsletter_delivery WHERE kind = 'issue' GROUP BY state"
    info = service.cluster.environment()
    with psycopg.connect(
        host=info["APP_DATABASE__HOST"],
        port=info["APP_DATABASE__PORT"],
        user=info["APP_DATABASE__USERNAME"],
        dbname=COPY,
    ) as connection:
        return dict(connection.execute(query).fetchall())


def test_a_copy_sends_nothing_until_it_is_reconciled(service, copied):
    before = mails(service)
    with service.witness():
        worker = service.deliver(**copied)
        log = service.folder / "service.log"
        assert eventually(lambda: "delivery.restored_copy" in log.read_text(), seconds=30)
        assert not eventually(lambda: mails(service) > before, seconds=3)
        assert states(service) == {"claimed": 1, "sending": 1, "pending": 1}
        said = manage(service, "doctor", **copied)
        assert said.returncode == 1
        assert "manage.py reconcile" in said.stdout

        assert manage(service, "reconcile", "--release", **copied).returncode == 0
        assert eventually(lambda: states(service) == {"unknown": 2, "sent": 1}, seconds=30)
        assert mails(service) == before + 1
        worker.terminate()
        assert worker.wait(timeout=30) == 0


def test_an_issue_of_the_copy_waits_for_the_operator(service, copied):
    assert manage(service, "reconcile", **copied).returncode == 0
    before = mails(service)
    with service.witness():
        assert manage(service, "deliver", "--drain", **copied).returncode in {0, 1}
    assert mails(service) == before
    assert states(service) == {"unknown": 2, "pending": 1}


def test_the_original_goes_on(service, copied):
    with service.witness():
        worker = service.deliver()
        service.finish()
        worker.terminate()
        worker.wait(timeout=30)
    assert service.count("kind = 'issue' AND state = 'sent'") >= 2
