"""Which database the workers send from, so that a copy of it is recognised and sends nothing.

Four things tell one database from another. A new cluster has another system identifier; one that
was restored to a point in time or promoted goes on in another timeline; a copy beside the original
has another OID; and a dump that was restored over the original has made its tables anew. What a
managed service does not let its customers read is left out.
"""

from dataclasses import dataclass, fields
from typing import Any

from django.db import connection, models
from django.db.models.functions import Now


@dataclass(frozen=True, slots=True)
class Place:
    """Where the tables are; an empty part could not be read."""

    system: str = ""
    timeline: str = ""
    database: str = ""
    ledger: str = ""

    def differs_from(self, other: "Place") -> bool:
        """Whether a part that is known of both is not the same."""
        pairs = [(getattr(self, part), getattr(other, part)) for part in _PARTS]
        return any(own and others and own != others for own, others in pairs)


_PARTS = [field.name for field in fields(Place)]


class InstallationManager(models.Manager["Installation"]):
    def is_restored(self) -> bool:
        """Whether this is a copy of the database that the workers last sent from.

        The first to ask makes it known. Any door may ask: it is two small queries.
        """
        home = self.first()
        if home is None:
            self.bulk_create([Installation(**parts_of(here()))], ignore_conflicts=True)
            return False
        return home.is_restored or home.place.differs_from(here())

    def settle(self) -> None:
        """Make this database the one to send from."""
        parts = parts_of(here())
        self.update_or_create(defaults={**parts, "is_restored": False, "settled_at": Now()}, pk=1)


class Installation(models.Model):
    """The one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    system = models.CharField(max_length=32)
    timeline = models.CharField(max_length=32)
    database = models.CharField(max_length=32)
    ledger = models.CharField(max_length=32)
    is_restored = models.BooleanField(
        default=False, help_text="The operator said that this is a copy; nothing else shows it."
    )
    settled_at = models.DateTimeField(db_default=Now())

    objects = InstallationManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="installation_one")]

    def __str__(self) -> str:
        return f"{self.database} in {self.system}"

    @property
    def place(self) -> Place:
        return Place(**{part: getattr(self, part) for part in _PARTS})


def parts_of(place: Place) -> dict[str, Any]:
    return {part: getattr(place, part) for part in _PARTS}


def here() -> Place:
    """Return where this connection leads."""
    with connection.cursor() as cursor:
        cursor.execute(_HERE)
        may_read_system, may_read_timeline, database, ledger = cursor.fetchone()
        system = _ask(cursor, _SYSTEM) if may_read_system else ""
        timeline = _ask(cursor, _TIMELINE) if may_read_timeline else ""
    return Place(system, timeline, database, ledger)


def _ask(cursor: Any, query: str) -> str:
    cursor.execute(query)
    return str(cursor.fetchone()[0])


# The timeline is not taken from pg_control_checkpoint(): that of a server which was just promoted
# is the old one until its next checkpoint.
_HERE = """
SELECT has_function_privilege('pg_control_system()', 'execute'),
       has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
           AND has_function_privilege('pg_current_wal_lsn()', 'execute')
           AND NOT pg_is_in_recovery(),
       (SELECT oid::text FROM pg_database WHERE datname = current_database()),
       'newsletter_delivery'::regclass::oid::text
"""
_SYSTEM = "SELECT system_identifier FROM pg_control_system()"
_TIMELINE = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)"
