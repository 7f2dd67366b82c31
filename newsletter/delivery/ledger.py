"""The queue verbs of the ledger, each one statement and one commit.

They speak to PostgreSQL directly: they run some thousand times a second, as prepared statements,
and SKIP LOCKED and data-modifying CTEs are the point of them. A row that a worker holds
carries its claim token, and nobody writes an outcome without it (fencing).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg

from newsletter.delivery.advance_statement import ADVANCE

LEASE = timedelta(seconds=30)
"""How long a claim holds without being renewed: a killed worker's rows are free after it."""

POISON_RECOVERIES = 3
"""A row in the sending of which so many workers died is given up: it may be what kills them."""

SINGLE_MAILS = None
"""The stream of confirmations and tests; any other stream is the id of an issue."""


class Opening(NamedTuple):
    """A delivery that is now `sending`, with what its mail needs."""

    id: UUID
    kind: str
    state: str
    attempts: int
    resends: int
    email: str
    subscription_id: UUID | None
    issue_id: int | None
    newsletter_id: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What is to be written of one delivery after an attempt."""

    id: UUID
    state: str
    code: str = ""
    provider_id: str = ""
    wait: timedelta | None = None
    """Until it is due again, where the state is pending."""
    refund: int = 0
    """Attempts given back."""
    resend: int = 0

    def as_row(self) -> dict[str, object]:
        """Return it for `advance`: one JSON value is bound much faster than an array a column.

        What is not said is empty, as for the usual mail, which was sent.
        """
        row: dict[str, object] = {"id": self.id.hex, "state": self.state}
        if self.provider_id:
            row["provider_id"] = self.provider_id
        if self.state != "sent" or self.code:
            wait = None if self.wait is None else self.wait.total_seconds()
            row |= {"code": self.code, "wait": wait, "refund": self.refund, "resend": self.resend}
        return row


class Ledger:
    """The ledger as one connection sees it. The connection must be in autocommit."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def tune(self) -> None:
        """Plan `advance` once a connection: planning it took as long as running it.

        A plan made while the tables are small must hold when they have grown. One that was made at
        500 rows and read the whole ledger took 570 us a mail at 20,000 rows; look-ups take 50.
        """
        self._connection.prepare_threshold = 0
        self._connection.execute("SET plan_cache_mode = force_generic_plan")
        for method in ("seqscan", "mergejoin"):
            self._connection.execute(f"SET enable_{method} = off")

    def due_streams(self) -> list[int | None]:
        """Return the streams with a due mail: single mails first, then issues by age."""
        return [row[0] for row in self._run(DUE_STREAMS)]

    def claim(self, stream: int | None, token: UUID, limit: int) -> list[UUID]:
        """Claim due rows of a stream under a token and return their ids.

        A row in the sending of which a worker died comes after the others and alone: it may have
        been the cause, and whatever dies with it then leaves nobody else in doubt.
        """
        parameters = {"stream": stream, "token": token, "limit": limit, "lease": LEASE}
        unsuspected, suspected = _CLAIM_SINGLE if stream is SINGLE_MAILS else _CLAIM_ISSUE
        rows = self._run(unsuspected, parameters) or self._run(suspected, parameters | {"limit": 1})
        return [row[0] for row in rows]

    def advance(
        self, token: UUID, records: Sequence[Record], next_ids: Sequence[UUID], provider: str
    ) -> list[Opening]:
        """Record the last group's outcomes and mark the next group `sending`, in one commit.

        Who has left meanwhile is skipped here, and rows of a paused issue go back to pending.
        Returns the rows that may be sent: those still held under the token, and none while the
        provider's gate is shut. May be repeated when the answer was lost with the connection.
        """
        parameters = {
            "token": token,
            "records": json.dumps([record.as_row() for record in records]),
            "next_ids": _array(next_ids),
            "all_ids": _array([record.id for record in records] + list(next_ids)),
            "provider": provider,
        }
        return [Opening(*row) for row in self._run(ADVANCE, parameters, prepare=True)]

    def release(self, token: UUID, ids: Sequence[UUID]) -> None:
        """Give back rows that were not sent, those marked `sending` with their attempt."""
        self._run(_RELEASE, {"token": token, "ids": list(ids)})

    def renew(self, token: UUID, ids: Sequence[UUID]) -> bool:
        """Prolong the lease of held rows; return whether any is still held."""
        parameters = {"token": token, "ids": list(ids), "lease": LEASE}
        return bool(self._run(_RENEW, parameters))

    def reap(self, *, resend_issues: bool) -> list[tuple[UUID, str, str]]:
        """Take back rows whose lease is over; return each with its old state and its new one.

        Claimed rows were not begun and are pending again, however often: they killed nobody. The
        others are in doubt: `unknown`, or pending where the policy sends them once more (see
        `retries.may_resend`).
        """
        parameters = {"poison": POISON_RECOVERIES, "resend_issues": resend_issues}
        return self._run(_REAP, parameters)

    def reopen_issues(self) -> list[int]:
        """Go on with issues that were closed while a worker held its outcomes in memory.

        A mail in doubt keeps no issue open, and a late outcome can make it due again.
        """
        return [row[0] for row in self._run(_REOPEN)]

    def _run(
        self,
        query: LiteralString,
        parameters: Mapping[str, object] | None = None,
        *,
        prepare: bool = False,
    ) -> list[tuple[Any, ...]]:
        with psycopg.Cursor(self._connection) as cursor:
            cursor.execute(query, parameters, prepare=prepare)
            return cursor.fetchall()


def _array(ids: Iterable[UUID]) -> str:
    """Return an array as PostgreSQL reads it: bound faster than a list."""
    return f"{{{','.join([row.hex for row in ids])}}}"


# LIMIT stops at the first row. EXISTS may be planned as a join, which reads all that is due: that
# took 3 ms at 20,000 mails, before each claim.
DUE_STREAMS = """
(
    SELECT NULL::bigint AS stream
    WHERE EXISTS (
        SELECT FROM newsletter_delivery WHERE NOT kind = 'issue' AND next_at <= now()
    )
)
UNION ALL
(
    SELECT issue.id
    FROM newsletter_issue AS issue, LATERAL (
        SELECT FROM newsletter_delivery
        WHERE kind = 'issue' AND issue_id = issue.id AND next_at <= now()
        LIMIT 1
    ) AS due
    WHERE issue.state IN ('expanding', 'sending')
    ORDER BY issue.published_at
)
"""

# ARRAY(...) makes the sub-select run once, before the update, whatever the planner thinks of it.
_CLAIM = """
UPDATE newsletter_delivery
SET state = 'claimed', next_at = NULL, claim_token = %(token)s, lease_until = now() + %(lease)s
WHERE id = ANY (ARRAY(
    SELECT id FROM newsletter_delivery
    WHERE {stream} AND next_at <= now() AND recoveries {recoveries}
    ORDER BY next_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
))
RETURNING id
"""
_OF_SINGLE_MAILS = "NOT kind = 'issue'"
_OF_AN_ISSUE = "kind = 'issue' AND issue_id = %(stream)s"
_CLAIM_SINGLE = (
    _CLAIM.format(stream=_OF_SINGLE_MAILS, recoveries="= 0"),
    _CLAIM.format(stream=_OF_SINGLE_MAILS, recoveries="> 0"),
)
_CLAIM_ISSUE = (
    _CLAIM.format(stream=_OF_AN_ISSUE, recoveries="= 0"),
    _CLAIM.format(stream=_OF_AN_ISSUE, recoveries="> 0"),
)

_RELEASE = """
UPDATE newsletter_delivery
SET state = 'pending', next_at = now(), lease_until = NULL, finished_at = NULL,
    attempts = attempts - (state <> 'claimed')::int
WHERE id = ANY (%(ids)s)
  AND claim_token = %(token)s
  AND state IN ('claimed', 'sending', 'unknown')
RETURNING id
"""

_RENEW = """
UPDATE newsletter_delivery
SET lease_until = now() + %(lease)s
WHERE id = ANY (%(ids)s) AND claim_token = %(token)s AND lease_until IS NOT NULL
RETURNING id
"""

_REAP = """
WITH over AS (
    SELECT id, state FROM newsletter_delivery
    WHERE lease_until < now() ORDER BY lease_until LIMIT 1000 FOR UPDATE SKIP LOCKED
), judged AS (
    SELECT delivery.id, over.state AS old_state,
           CASE
               WHEN over.state = 'claimed' THEN 'pending'
               WHEN delivery.recoveries + 1 >= %(poison)s THEN 'failed'
               WHEN delivery.resends = 0 AND (delivery.kind <> 'issue' OR %(resend_issues)s)
                   THEN 'pending'
               ELSE 'unknown'
           END AS new_state
    FROM over JOIN newsletter_delivery AS delivery USING (id)
)
UPDATE newsletter_delivery AS delivery
SET state = new_state,
    next_at = CASE WHEN new_state = 'pending' THEN now() END,
    lease_until = NULL,
    finished_at = CASE WHEN new_state <> 'pending' THEN now() END,
    recoveries = delivery.recoveries + (old_state = 'sending')::int,
    resends = delivery.resends + (old_state = 'sending' AND new_state = 'pending')::int,
    claim_token = CASE WHEN new_state <> 'pending' THEN delivery.claim_token END,
    error_code = CASE new_state
        WHEN 'failed' THEN 'poison' WHEN 'unknown' THEN 'worker_died' ELSE '' END
FROM judged
WHERE delivery.id = judged.id
RETURNING delivery.id, old_state, new_state
"""

_REOPEN = """
UPDATE newsletter_issue AS issue
SET state = 'sending', finished_at = NULL
WHERE state = 'sent' AND EXISTS (
    SELECT FROM newsletter_delivery AS delivery
    WHERE delivery.kind = 'issue' AND delivery.issue_id = issue.id AND next_at IS NOT NULL
)
RETURNING id
"""
