"""How often issues are opened and their links followed, for newsletters that want to know.

Off by default. Counted are visits, not people: no address in a mail tells one reader from another.
Machines open mails too, so a visit waits for some minutes until it shows what it was: programs that
say so, whatever comes before the issue left, and whoever follows four links within ten seconds are
left out.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from newsletter.models import Chore, Issue, Reading, Visit
from newsletter.models.readings import OPENED
from newsletter.rendering import counted

EVERY = timedelta(minutes=1)
PATIENCE = timedelta(minutes=10)
"""How long a visit waits before it is counted."""
BURST, BURST_SECONDS = 4, 10
"""Links of one issue that nobody follows in such a time."""

# Programs that name themselves. The proxies of Gmail and Yahoo are none: they fetch for a reader.
_MACHINE = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|prefetch|monitor|headless|phantom|lighthouse"
    r"|curl|wget|python|java/|go-http|okhttp|libwww|httpclient|axios|node-fetch|ruby|perl"
    r"|barracuda|mimecast|proofpoint|symantec|trend ?micro|fortiguard|safelinks|bingpreview",
    re.IGNORECASE,
)

logger = structlog.get_logger(__name__)


class NoSuchPlace(Exception):
    """There is no such published issue, or it has no such link."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a place was asked for."""

    client: str = ""
    program: str = ""
    is_prefetch: bool = False

    @property
    def is_machine(self) -> bool:
        return self.is_prefetch or not self.program or bool(_MACHINE.search(self.program))


@dataclass(frozen=True, slots=True)
class Report:
    opened: int
    followed: list[tuple[str, int]]
    """Each link of the issue, and how often."""


def visit(*, issue_id: int, place: int, asked: Asked | None) -> str:
    """Note a visit and return where the place leads; nothing for the picture.

    Who only looks (HEAD) has not ``asked``. Raises NoSuchPlace.
    """
    issue = (
        Issue.objects.published()
        .select_related("newsletter")
        .filter(pk=issue_id, published_at__isnull=False)
        .first()
    )
    addresses = counted.addresses(issue.body) if issue else []
    if issue is None or place > len(addresses):
        raise NoSuchPlace
    if issue.newsletter.counts_readers and asked and not asked.is_machine:
        Visit.objects.create(issue=issue, place=place, visitor=_visitor(issue.pk, asked))
    return "" if place == OPENED else addresses[place - 1]


def settle_if_due() -> None:
    if Chore.objects.take("settle visits", EVERY):
        settle()


def settle() -> int:
    """Count the visits that have waited, and forget them; return how many there were."""
    parameters = {"patience": PATIENCE.total_seconds(), "burst": BURST, "seconds": BURST_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, parameters)
        (settled,) = cursor.fetchone()
    if settled:
        logger.info("counting.settled", visits=settled)
    return int(settled)


def report(issue: Issue) -> Report | None:
    """Return what is known of an issue; None where nothing was counted."""
    times = dict(Reading.objects.filter(issue=issue).values_list("place", "times"))
    if not times and not issue.newsletter.counts_readers:
        return None
    followed = enumerate(counted.addresses(issue.body), start=1)
    return Report(
        opened=times.get(OPENED, 0),
        followed=[(address, times.get(place, 0)) for place, address in followed],
    )


def _visitor(issue_id: int, asked: Asked) -> UUID:
    """Return who it may be, for ten minutes: another number for each issue and each day."""
    seen = f"{issue_id} {timezone.now():%Y-%m-%d} {asked.client} {asked.program}"
    mac = salted_hmac("newsletter.visit", seen, settings.SECRET_KEY, algorithm="sha256")
    return UUID(bytes=mac.digest()[:16])


# Several times within the wait are one time. A machine is who is at its fourth link after seconds.
_SETTLE = """
WITH over AS (
    DELETE FROM newsletter_visit WHERE at < now() - make_interval(secs => %(patience)s)
    RETURNING issue_id, place, visitor, at
), first AS (
    SELECT issue_id, place, visitor, min(at) AS at FROM over GROUP BY issue_id, place, visitor
), paced AS (
    SELECT issue_id, visitor, at,
        lag(at, %(burst)s - 1) OVER (PARTITION BY issue_id, visitor ORDER BY at) AS earlier
    FROM first WHERE place > 0
), machine AS (
    SELECT DISTINCT issue_id, visitor FROM paced
    WHERE at - earlier < make_interval(secs => %(seconds)s)
), counted AS (
    INSERT INTO newsletter_reading AS reading (issue_id, place, times)
    SELECT issue_id, place, count(*) FROM first
    WHERE NOT EXISTS (
        SELECT FROM machine
        WHERE machine.issue_id = first.issue_id AND machine.visitor = first.visitor
    )
    GROUP BY issue_id, place
    ORDER BY issue_id, place
    ON CONFLICT (issue_id, place) DO UPDATE SET times = reading.times + excluded.times
)
SELECT count(*) FROM over
"""
