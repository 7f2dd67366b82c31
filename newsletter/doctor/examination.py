"""All examinations, in the order in which one would look."""

from collections.abc import Callable, Iterator

from django.db import DatabaseError, InterfaceError

from newsletter.doctor import configuration, database, domain, letters, provider, site
from newsletter.doctor.findings import Finding, fail

_EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    configuration.examine,
    database.examine,
    database.examine_delivery,
    provider.examine,
    site.examine,
    letters.examine,
    domain.examine,
)


def examine() -> Iterator[Finding]:
    """Yield every finding. What needs the database and does not get it is one finding itself."""
    lost = False
    for examination in _EXAMINATIONS:
        try:
            yield from examination()
        except (DatabaseError, InterfaceError):
            if not lost:
                lost = True
                yield fail(
                    "database",
                    "cannot be asked, or lacks what this version needs",
                    "Check DATABASE_URL and the server, and run `manage.py migrate`.",
                )
