"""One sending connection: claim, mark, send, record."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID, uuid4

import psycopg
import structlog
from django.conf import settings
from django.db import connection

from newsletter import metrics, suppressing
from newsletter.delivery import failpoints, letters, retries
from newsletter.delivery.batches import Batch
from newsletter.delivery.gate import Gate
from newsletter.delivery.ledger import SINGLE_MAILS, Ledger, Opening, Record
from newsletter.delivery.outcomes import Outcome, Verdict
from newsletter.delivery.transports import Mail, Transport
from newsletter.models import Installation, Suppression
from zero2prod.postgres.outages import DATABASE_AWAY, reason

logger = structlog.get_logger(__name__)

GROUP = 16
"""The mails that are `sending` at once on a connection: what a killed worker leaves in doubt."""

_CLAIM_SECONDS = 2.0  # as much work as that is claimed at once, within these bounds
_SMALLEST_CLAIM, _LARGEST_CLAIM = GROUP // 4, 480

_T = TypeVar("_T")


class Sender:
    """The steps of one connection. `step` is what the worker, --drain and the tests call."""

    def __init__(
        self, transport: Transport, provider: str, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._transport = transport
        self._provider = provider
        self._stopping = stopping
        self._rate: float = settings.DELIVERY_RATE_PER_SECOND
        self._group = max(1, min(GROUP, int(self._rate / 4))) if self._rate else GROUP
        self._claim_size = 4 * GROUP
        self._saw_failure = False
        self._raw: psycopg.Connection | None = None
        self.batch: Batch | None = None

    def step(self) -> bool:
        """Send one batch; return whether there was one. Raises one of DATABASE_AWAY."""
        self._connect()
        streams = self._ledger.due_streams()
        if not streams or Installation.objects.is_restored():
            return False
        probing = self._gate.is_shut()
        if probing and not self._gate.may_probe():
            return False
        for stream in _in_fair_order(streams):
            token, now = uuid4(), time.monotonic()
            ids = self._ledger.claim(stream, token, 1 if probing else self._claim_size)
            if ids:
                failpoints.reach("after-claim")
                batch = Batch(token, ids, now, probing=probing)
                self._send_batch(batch)
                self._adapt(len(ids) - len(batch.unsent), time.monotonic() - now)
                return True
        return False

    def hang_up_if_late(self) -> None:
        """End a hand-over that lasts too long, from another thread."""
        if self._transport.wire.cut_if_late():
            logger.warning("delivery.hung_up")

    def hang_up(self) -> None:
        """End whatever hand-over is under way, from another thread."""
        self._transport.wire.cut()

    def close(self) -> None:
        self._transport.close()
        connection.close()

    def _send_batch(self, batch: Batch) -> None:
        self.batch = batch
        try:
            while batch.unsent and self._send_group(batch) and not batch.had_its_turn:
                pass
        finally:
            self._insist(lambda: self._advance(batch, []))
            if batch.unsent:
                self._insist(lambda: self._ledger.release(batch.token, batch.unsent))
            self.batch = None

    def _send_group(self, batch: Batch) -> bool:
        """Record the last group, mark and send the next; return whether to go on."""
        group = batch.unsent[: self._group]
        self._wait_for_rate(len(group))
        if self._halted(batch):
            return False
        openings = self._insist(lambda: self._advance(batch, group))
        batch.records = []
        if not openings and not batch.probing and self._insist(self._gate_is_shut):
            return False
        self._give_back(batch, group, openings)
        del batch.unsent[: len(group)]
        failpoints.reach("after-sending")
        started = time.monotonic()
        outcomes = self._hand_over(openings, batch)
        verdicts = [outcome.verdict.value for outcome in outcomes]
        metrics.handed_over(self._provider, verdicts, time.monotonic() - started)
        failpoints.reach("after-yes")
        batch.records = [
            record_of(opening, outcome) for opening, outcome in zip(openings, outcomes, strict=True)
        ]
        return self._report(openings, outcomes, batch)

    def _give_back(self, batch: Batch, group: Sequence[UUID], openings: Sequence[Opening]) -> None:
        """Release what this group did not open, where it is still ours.

        Most of that was skipped. But a database that came back after the lease may have marked the
        group and lost the answer: other workers then take the rows to be in doubt, and only this
        one knows that they never left.
        """
        if len(openings) == len(group):
            return
        opened = {opening.id for opening in openings}
        if left := [row for row in group if row not in opened]:
            self._insist(lambda: self._ledger.release(batch.token, left))

    def _gate_is_shut(self) -> bool:
        return self._gate.is_shut()

    def _advance(self, batch: Batch, group: Sequence[UUID]) -> list[Opening]:
        provider = "" if batch.probing else self._provider
        if batch.records:
            failpoints.reach("before-record-commit")
        openings = self._ledger.advance(batch.token, batch.records, group, provider)
        if batch.records:
            failpoints.reach("after-record-commit")
        return openings

    def _hand_over(self, openings: Sequence[Opening], batch: Batch) -> list[Outcome]:
        """Write and send the mails; a mail that cannot be written fails alone."""
        readers = letters.Readers(openings)
        written = [_write(opening, readers) for opening in openings]
        mails = [mail for mail in written if isinstance(mail, Mail)]
        outcomes = self._transport.send(mails, lambda: self._halted(batch)) if mails else []
        sent = dict(zip((mail.delivery_id for mail in mails), outcomes, strict=True))
        return [sent[mail.delivery_id] if isinstance(mail, Mail) else mail for mail in written]

    def _report(
        self, openings: Sequence[Opening], outcomes: Sequence[Outcome], batch: Batch
    ) -> bool:
        """Tell log, suppression and gate of a group; return whether the provider lets us go on."""
        for opening, outcome in zip(openings, outcomes, strict=True):
            if outcome.verdict is not Verdict.SENT:
                self._report_mail(opening, outcome)
        holds = [(outcome.hold, outcome.code) for outcome in outcomes if outcome.hold]
        if holds:
            hold, code = max(holds)
            self._insist(lambda: self._gate.hold(hold))
            logger.warning("delivery.held_back", code=code, seconds=hold)
            return False
        failure = next((outcome.code for outcome in outcomes if outcome.provider_failed), None)
        if failure is not None:
            self._provider_failed(failure)
            return False
        if outcomes and (batch.probing or self._saw_failure):
            self._saw_failure = False
            self._insist(lambda: self._gate.succeeded(probing=batch.probing))
        return True

    def _report_mail(self, opening: Opening, outcome: Outcome) -> None:
        if outcome.verdict is not Verdict.RELEASED:
            _log(opening, outcome)
        subscription_id = opening.subscription_id
        if outcome.mailbox_is_gone and subscription_id is not None:
            bounced = Suppression.Reason.BOUNCED
            self._insist(
                lambda: suppressing.suppress(subscription_id=subscription_id, reason=bounced)
            )

    def _provider_failed(self, code: str) -> None:
        self._saw_failure = True
        is_open = self._insist(lambda: self._gate.failed(code))
        logger.warning("delivery.provider_failed", code=code, circuit_open=is_open)
        time.sleep(0.05)

    def _wait_for_rate(self, mails: int) -> None:
        if self._rate:
            wait = self._insist(lambda: self._gate.reserve(mails, self._rate))
            until = time.monotonic() + wait
            while (left := until - time.monotonic()) > 0 and not self._stopping():
                time.sleep(min(left, 0.2))

    def _halted(self, batch: Batch) -> bool:
        return self._stopping() or not batch.is_safe

    def _adapt(self, mails: int, seconds: float) -> None:
        wanted = int(mails / max(seconds, 0.001) * _CLAIM_SECONDS)
        self._claim_size = max(_SMALLEST_CLAIM, min(_LARGEST_CLAIM, wanted))

    def _connect(self) -> None:
        """Speak through the thread's Django connection, and through a new one when that changed."""
        connection.ensure_connection()
        if self._raw is not connection.connection:
            self._raw = connection.connection
            self._ledger, self._gate = Ledger(self._raw), Gate(self._raw, self._provider)
            self._ledger.tune()

    def _insist(self, action: Callable[[], _T]) -> _T:
        """Repeat until the database is back: a known outcome must not be forgotten."""
        while True:
            try:
                self._connect()
                return action()
            except DATABASE_AWAY as error:
                logger.warning("delivery.database_away", reason=reason(error))
                connection.close()
                time.sleep(1.0)


def _write(opening: Opening, readers: letters.Readers) -> Mail | Outcome:
    """Return a mail, or what becomes of one that cannot be written."""
    try:
        return letters.write(opening, readers)
    except DATABASE_AWAY:
        return Outcome(Verdict.RELEASED, "database_away")
    except Exception:
        logger.exception("delivery.unwritable", delivery=str(opening.id))
        return Outcome(Verdict.FAILED, "unwritable")


def record_of(opening: Opening, outcome: Outcome) -> Record:
    """Return what the ledger keeps of an outcome: the policy of retries and of doubt applied."""
    record = Record(opening.id, outcome.verdict.value, outcome.code, outcome.provider_id)
    if outcome.verdict is Verdict.RELEASED:
        return replace(record, state="pending", wait=retries.RELEASE_DELAY, refund=1)
    if outcome.verdict is Verdict.RETRY:
        wait = retries.delay_after(opening.kind, opening.attempts, random.random())  # noqa: S311
        return replace(record, state="failed" if wait is None else "pending", wait=wait)
    if outcome.verdict is Verdict.UNKNOWN and retries.may_resend(
        opening.kind, opening.resends, settings.UNKNOWN_POLICY
    ):
        return replace(record, state="pending", wait=retries.RESEND_DELAY, resend=1)
    return record


def _in_fair_order(streams: list[int | None]) -> list[int | None]:
    """Put single mails first, for somebody waits for them, and issues in any order."""
    return sorted(streams, key=lambda stream: (stream is not SINGLE_MAILS, random.random()))  # noqa: S311


def _log(opening: Opening, outcome: Outcome) -> None:
    logger.warning(
        "delivery.not_sent",
        verdict=outcome.verdict.value,
        delivery=str(opening.id),
        issue=opening.issue_id,
        code=outcome.code,
        attempt=opening.attempts,
    )
