"""Times that an editor types."""

from datetime import UTC, datetime

import pytest

from newsletter.publishing import InvalidTime, parse_time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T09:00+01:00", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-11-24T08:00Z", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (" 2026-11-24T09:00 Europe/Berlin ", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        ("2026-07-24T09:00 Europe/Berlin", datetime(2026, 7, 24, 7, tzinfo=UTC)),
        ("2026-03-29T03:00 Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ],
)
def test_a_time_with_its_zone_is_one_moment(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("tomorrow", "is not a time"),
        ("", "is not a time"),
        ("2026-11-24T09:00", "needs a zone"),
        ("2026-11-24T09:00+01:00 Europe/Berlin", "not both"),
        ("2026-11-24T09:00 Europe/Atlantis", "is not a zone"),
        ("2026-11-24T09:00 ../../etc/passwd", "is not a zone"),
        ("2026-03-29T02:30 Europe/Berlin", "does not exist"),
        ("2026-10-25T02:30 Europe/Berlin", "comes twice"),
    ],
)
def test_anything_else_is_refused_with_a_reason(text, reason):
    with pytest.raises(InvalidTime, match=reason):
        parse_time(text)
