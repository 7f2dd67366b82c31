"""What a worker does beside sending: its heartbeat, leases, lost rows, and the issues' progress."""

import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from newsletter import bulk, counting, figures, metrics, pruning, publishing, reminding
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.sending import Sender
from newsletter.guarding import budgets
from newsletter.models import Chore, Installation, Issue, IssueCount, Worker

logger = structlog.get_logger(__name__)

_HEARTBEAT_SECONDS = _REAP_SECONDS = 5.0
_FORGET_WORKERS = timedelta(days=1)
_PRUNE_ALLOWANCES = timedelta(minutes=1)


class Housekeeping:
    """Everything is repeatable and safe beside other workers. Raises one of DATABASE_AWAY."""

    def __init__(
        self, senders: Sequence[Sender], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._senders = senders
        self._stopping = stopping
        self._id = uuid4()
        self._next_heartbeat = self._next_reaping = self._next_account = 0.0
        self.expects_more = True
        """Whether an issue is still being expanded, by this worker or by another."""

    def tick(self) -> None:
        """Do what is due now.

        Leases run out while a duty waits for somebody's lock, and the mails of whoever cannot renew
        his are in doubt, although he knows what became of them. So no duty waits long, but for the
        two that look after leases: those keep their turn before a reaper who comes later.
        """
        self._look_after_leases()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
            self._do_duties()
            cursor.execute("SET lock_timeout = 0")

    def _look_after_leases(self) -> None:
        started = time.monotonic()
        self.renew_leases()
        now = time.monotonic()
        if now - started > 1.0:  # A lock held up the others as well: they renew theirs first.
            self._next_reaping = now + _REAP_SECONDS
        if now >= self._next_reaping and not Installation.objects.is_restored():
            self.reap()
            self._next_reaping = time.monotonic() + _REAP_SECONDS

    def _do_duties(self) -> None:
        now = time.monotonic()
        if now >= self._next_heartbeat:
            self.beat()
            self._next_heartbeat = now + _HEARTBEAT_SECONDS
        if Installation.objects.is_restored():
            self.expects_more = False
            return
        publishing.start_due()
        publishing.judge_stages()
        while not self._stopping() and publishing.expand_one():
            self.renew_leases()
        self.expects_more = Issue.objects.filter(state=Issue.State.EXPANDING).exists()
        publishing.finish_done()
        bulk.work()
        reminding.remind_if_due()
        counting.settle_if_due()
        pruning.prune_if_due(keep_on=self._may_go_on)
        if now >= self._next_account:
            self._next_account = now + _HEARTBEAT_SECONDS
            metrics.flush()
            if Chore.objects.take("allowances", _PRUNE_ALLOWANCES):
                self.prune_allowances()
            figures.refresh()
        IssueCount.objects.refresh(most=1)

    def prune_allowances(self) -> None:
        """Forget what the guards of the sign-up remember of the day before."""
        while self._may_go_on() and budgets.prune() == budgets.PRUNED_AT_ONCE:
            pass

    def beat(self) -> None:
        """Say that this worker lives (`/readyz` asks), and forget the long dead."""
        Worker.objects.update_or_create(
            id=self._id,
            defaults={"host": socket.gethostname(), "pid": os.getpid(), "seen_at": Now()},
        )
        Worker.objects.filter(seen_at__lt=Now() - _FORGET_WORKERS).delete()
        if Installation.objects.is_restored():
            logger.error("delivery.restored_copy", remedy="run `manage.py reconcile`")

    def farewell(self) -> None:
        Worker.objects.filter(id=self._id).delete()
        metrics.flush()

    def renew_leases(self) -> None:
        for sender in self._senders:
            batch, now = sender.batch, time.monotonic()
            if (
                batch is not None
                and batch.wants_renewal
                and self._ledger().renew(batch.token, batch.ids)
            ):
                batch.renewed(now)

    def reap(self) -> None:
        """Take back the rows of dead workers, and open again what was closed too early."""
        resend_issues = settings.UNKNOWN_POLICY == "resend"
        for delivery, old_state, new_state in self._ledger().reap(resend_issues=resend_issues):
            logger.warning("delivery.reaped", delivery=str(delivery), was=old_state, now=new_state)
        for issue in self._ledger().reopen_issues():
            logger.info("delivery.reopened", issue=issue)

    def _may_go_on(self) -> bool:
        """Whether a long duty may take its next step."""
        self.renew_leases()
        return not self._stopping()

    def _ledger(self) -> Ledger:
        connection.ensure_connection()
        return Ledger(connection.connection)
