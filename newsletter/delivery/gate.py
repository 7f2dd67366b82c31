"""The gate in front of the provider, shared by all workers: its rate, its holds, its breaker.

The circuit opens after ten failures of the provider in a row. While it is open nobody sends, no
mail's attempts are used up, and one worker at a time tries one mail: after 30 s, then after twice
as long each time, up to 5 minutes. (M. Nygard, Release It!, "Circuit Breaker".)
"""

from typing import LiteralString

import psycopg

FAILURES_TO_OPEN = 10

_PARAMETERS = {"threshold": FAILURES_TO_OPEN, "first_probe": 30, "longest_probe": 300}


class Gate:
    """The gate of one provider as one connection sees it. The connection is in autocommit."""

    def __init__(self, connection: psycopg.Connection, provider: str) -> None:
        self._connection = connection
        self.provider = provider
        self._run("INSERT INTO newsletter_provider (name) VALUES (%(name)s) ON CONFLICT DO NOTHING")

    def is_shut(self) -> bool:
        """Whether the provider asked for a pause or the circuit is open."""
        return self._run(_IS_SHUT) is not None

    def may_probe(self) -> bool:
        """Take the right to try the open circuit with one mail; one worker gets it at a time."""
        return self._run(_TAKE_PROBE) is not None

    def reserve(self, mails: int, rate: float) -> float:
        """Reserve room for mails at a rate over all workers; return the seconds to wait."""
        row = self._run(_RESERVE, duration=mails / rate)
        return max(0.0, row[0]) if row else 0.0

    def hold(self, seconds: float) -> None:
        """Keep all workers from sending for so long."""
        self._run(_HOLD, seconds=seconds)

    def failed(self, code: str) -> bool:
        """Count a failure of the provider as a whole; return whether the circuit is open now."""
        row = self._run(_FAILED, code=code)
        return bool(row and row[0])

    def succeeded(self, *, probing: bool) -> None:
        """Forget the failures; a probe closes the circuit as well."""
        self._run(_SUCCEEDED, probing=probing)

    def _run(self, query: LiteralString, **parameters: object) -> tuple[float, ...] | None:
        with psycopg.Cursor(self._connection) as cursor:
            cursor.execute(query, {**_PARAMETERS, **parameters, "name": self.provider})
            return cursor.fetchone() if cursor.description else None


_IS_SHUT = """
SELECT 1 FROM newsletter_provider
WHERE name = %(name)s AND (hold_until > now() OR opened_at IS NOT NULL)
"""

# The pause doubles with each probe that failed: those are the failures behind the threshold.
_TAKE_PROBE = """
UPDATE newsletter_provider
SET probe_at = now() + make_interval(secs => least(
    %(longest_probe)s,
    %(first_probe)s * power(2, least(greatest(failures - %(threshold)s, 0) + 1, 10))
))
WHERE name = %(name)s AND opened_at IS NOT NULL AND probe_at <= now() AND hold_until <= now()
RETURNING 1
"""

_RESERVE = """
UPDATE newsletter_provider
SET next_slot = greatest(next_slot, now()) + make_interval(secs => %(duration)s)
WHERE name = %(name)s
RETURNING extract(epoch FROM next_slot - now())::float8 - %(duration)s
"""

_HOLD = """
UPDATE newsletter_provider
SET hold_until = greatest(hold_until, now() + make_interval(secs => %(seconds)s))
WHERE name = %(name)s
"""

_FAILED = """
UPDATE newsletter_provider
SET failures = failures + 1,
    last_error = %(code)s,
    opened_at = CASE WHEN failures + 1 >= %(threshold)s THEN coalesce(opened_at, now()) END,
    probe_at = CASE
        WHEN opened_at IS NOT NULL THEN probe_at
        WHEN failures + 1 >= %(threshold)s THEN now() + make_interval(secs => %(first_probe)s)
    END
WHERE name = %(name)s
RETURNING opened_at IS NOT NULL
"""

_SUCCEEDED = """
UPDATE newsletter_provider
SET failures = 0, opened_at = NULL, probe_at = NULL
WHERE name = %(name)s AND failures > 0 AND (opened_at IS NULL OR %(probing)s)
"""
