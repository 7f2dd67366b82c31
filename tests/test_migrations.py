"""Migrations take nobody's service away: no danger, no long lock, no break with the past."""

import threading
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import analyse_sql_statements

from tests.faults.cluster import Cluster
from tests.releases import ROOT, Deployment, copy_of_this, unpack, version_before
from zero2prod.management.commands import migrate

FIRST_RELEASE = "0003_installation_and_tallies"
"""Nothing was deployed before: until here a migration may do anything."""
DANGERS = {
    "dropped column": migrations.RemoveField("subscription", "name"),
    "renamed column": migrations.RenameField("subscription", "name", "called"),
    "renamed table": migrations.RenameModel("consent", "agreement"),
    "dropped table": migrations.DeleteModel("consent"),
    "column that old code does not fill": migrations.AddField(
        "subscription", "score", models.IntegerField(default=0)
    ),
    "index that blocks writers": migrations.AddIndex(
        "delivery", models.Index(fields=["error_code"], name="slow")
    ),
    "rewritten table": migrations.AlterField(
        "delivery", "attempts", models.BigIntegerField(db_default=0)
    ),
}
HARMLESS = {
    "new table": migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
    "column that may be empty": migrations.AddField(
        "subscription", "score", models.IntegerField(null=True)
    ),
    "column that the database fills": migrations.AddField(
        "subscription", "score", models.IntegerField(db_default=0)
    ),
}
HOSTILE = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("newsletter", "{last}")]
    operations = [migrations.RunSQL("ALTER TABLE newsletter_subscription DROP COLUMN name")]
"""


def linter() -> MigrationLinter:
    return MigrationLinter(str(ROOT), include_apps=["newsletter"], no_cache=True, no_output=True)


def findings(statements: list[str]) -> list[str]:
    """Return what is wrong with a migration's SQL; what only warns counts as well."""
    errors, _ignored, warnings = analyse_sql_statements(linter().sql_analyser_class, statements)
    return [issue.code for issue in [*errors, *warnings]]


def sql_of(operation: migrations.operations.base.Operation) -> list[str]:
    migration = migrations.Migration("next", "newsletter")
    migration.operations = [operation]
    state = MigrationLoader(connection).project_state()
    with connection.schema_editor(collect_sql=True) as editor:
        migration.apply(state, editor, collect_sql=True)
    return ["BEGIN;", *editor.collected_sql, "COMMIT;"]


@pytest.mark.django_db(transaction=True)  # An index is made concurrently outside of one.
def test_no_migration_is_dangerous():
    found = {}
    for migration in linter()._gather_all_migrations():
        if migration.app_label == "newsletter" and migration.name > FIRST_RELEASE:
            found[migration.name] = findings(linter().get_sql("newsletter", migration.name))
    assert {name: codes for name, codes in found.items() if codes} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("danger", DANGERS)
def test_a_dangerous_operation_is_found(danger):
    assert findings(sql_of(DANGERS[danger])) != []


@pytest.mark.django_db
@pytest.mark.parametrize("operation", HARMLESS)
def test_a_harmless_operation_is_none(operation):
    assert findings(sql_of(HARMLESS[operation])) == []


@pytest.fixture
def busy_table(transactional_db):
    """Somebody reads a table in a long transaction, on which a migration would wait."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    with psycopg.connect(**{name: parameters[name] for name in names if name in parameters}) as own:
        own.execute("SELECT 1 FROM newsletter_newsletter")
        yield own
    call_command("migrate", verbosity=0)


def undo_storage() -> None:
    """Begin a migration that needs the table alone."""
    call_command("migrate", "newsletter", "0001", verbosity=0)


def test_migrate_gives_up_a_lock_and_says_so(busy_table, monkeypatch, capsys):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    busy_table.execute("LOCK TABLE newsletter_delivery IN ACCESS SHARE MODE")
    busy_table.execute("LOCK TABLE newsletter_installation IN ACCESS SHARE MODE")
    with pytest.raises(CommandError, match="at each of 10 attempts"):
        undo_storage()
    assert capsys.readouterr().err.count("A table was in use") == migrate.ATTEMPTS


def test_migrate_goes_on_when_the_lock_is_free(busy_table, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.2)
    busy_table.execute("LOCK TABLE newsletter_installation IN ACCESS SHARE MODE")
    release = threading.Timer(0.5, busy_table.rollback)
    release.start()
    undo_storage()
    release.join()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.fixture
def deployment(free_port: int, tmp_path: Path):
    cluster = Cluster()
    try:
        yield Deployment(cluster, free_port, tmp_path / "mailbox")
    finally:
        cluster.remove()


def test_the_version_before_works_on_the_new_schema(deployment, tmp_path):
    version = version_before()
    if version is None:
        pytest.skip("This checkout has no history, so there is no version before (git fetch).")
    deployment.run(unpack(version, tmp_path), ROOT)
    assert deployment.faults == []
    assert deployment.signed_up > 0


def test_a_break_with_the_release_before_would_be_noticed(deployment, tmp_path):
    """This version plays the old one, and the new one takes a column away from it."""
    new = copy_of_this(tmp_path / "new")
    folder = new / "newsletter" / "migrations"
    last = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / "9999_hostile.py").write_text(HOSTILE.format(last=last))
    deployment.run(copy_of_this(tmp_path / "old"), new)
    assert "sign-up: 500" in deployment.faults
