"""Times that an editor types: always with a zone, and never one that does not exist."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.publishing.errors import InvalidTime


def parse_time(text: str) -> datetime:
    """Read ``2026-11-24T09:00+01:00`` or ``2026-11-24T09:00 Europe/Berlin``; raise InvalidTime.

    A local time that the clocks skip or show twice is refused: it would name no moment, or two.
    """
    clock, _, zone_name = text.strip().partition(" ")
    try:
        moment = datetime.fromisoformat(clock)
    except ValueError as error:
        raise InvalidTime(f"{text!r} is not a time such as 2026-11-24T09:00+01:00.") from error
    if not zone_name:
        if moment.tzinfo is None:
            raise InvalidTime(
                "The time needs a zone: 2026-11-24T09:00+01:00 or 2026-11-24T09:00 Europe/Berlin."
            )
        return moment.astimezone(UTC)
    if moment.tzinfo is not None:
        raise InvalidTime("Give the time either an offset or the name of a zone, not both.")
    return _in_zone(moment, zone_name)


def _in_zone(clock: datetime, zone_name: str) -> datetime:
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidTime(f"{zone_name!r} is not a zone such as Europe/Berlin.") from error
    first, second = clock.replace(tzinfo=zone), clock.replace(tzinfo=zone, fold=1)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != clock:
        raise InvalidTime(f"{clock:%Y-%m-%d %H:%M} does not exist in {zone_name}: clocks skip it.")
    if first.utcoffset() != second.utcoffset():
        raise InvalidTime(
            f"{clock:%Y-%m-%d %H:%M} comes twice in {zone_name}: give it with its offset."
        )
    return first.astimezone(UTC)
