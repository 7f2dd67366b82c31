"""The worker process: threads that send and import, one loop of housekeeping, a clean end."""

import os
import threading
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import connection, connections

from config import mail_providers
from newsletter import publishing
from newsletter.delivery.housekeeping import Housekeeping
from newsletter.delivery.sending import Sender
from newsletter.delivery.transports import open_transport
from newsletter.importing.working import Importer
from zero2prod.postgres.outages import DATABASE_AWAY, reason

logger = structlog.get_logger(__name__)

IDLE_SECONDS = 0.25
"""How long a thread without work waits: the first mail leaves within a second of its cause."""

HOUSEKEEPING_SECONDS = 0.5
"""At most between two rounds of housekeeping: twice as many took a tenth of a processor."""

DRAIN_SECONDS = 12.0
"""How long SIGTERM waits for the mails in flight; platforms kill after 20 to 30 s."""

CUT_SECONDS = 4.0
"""Then their connections are cut, and so much is left to write down what is in doubt by that."""


class WorkerProcess:
    """One process. `stop` may be called from a signal handler."""

    def __init__(self, *, until_idle: bool = False, supervised: bool = False) -> None:
        self._until_idle = until_idle
        self._stopping = False
        self.failed = False
        """Whether a step ended with an error; --drain gives up then."""
        self._supervisor = os.getppid() if supervised else None
        provider = provider_name()
        self._senders = [
            Sender(open_transport(settings.EMAIL_URL), provider, lambda: self._stopping)
            for _ in range(settings.DELIVERY_CONNECTIONS)
        ]
        self._housekeeping = Housekeeping(self._senders, lambda: self._stopping)

    def stop(self) -> None:
        # A plain flag: an Event's lock could be held by the very thread that the signal interrupts.
        self._stopping = True

    def run(self) -> None:
        """Work until stopped, or until nothing is due; give back what was not sent."""
        logger.info("delivery.worker_started", connections=len(self._senders))
        self._try(self._housekeeping.tick)
        threads = [
            threading.Thread(target=self._work, args=(hand,), name=f"hand-{number}", daemon=True)
            for number, hand in enumerate([*self._senders, Importer()])
        ]
        for thread in threads:
            thread.start()
        while not self._stopping and any(thread.is_alive() for thread in threads):
            self._rest()
            self._try(self._housekeeping.tick)
            for sender in self._senders:
                sender.hang_up_if_late()
            if self._supervisor not in {None, os.getppid()}:
                self.stop()  # nobody is left who would
        self._finish(threads)

    def _work(self, hand: Sender | Importer) -> None:
        has_worked = False
        while not self._stopping and not (self._until_idle and self.failed):
            if self._step(hand):
                has_worked = True
                continue
            if has_worked:  # perhaps on the last mail of an issue
                has_worked = False
                self._try(publishing.finish_done)
            if self._until_idle and not self._housekeeping.expects_more:
                break
            time.sleep(IDLE_SECONDS)
        hand.close()

    def _step(self, hand: Sender | Importer) -> bool:
        """Do one step; return whether there was work. No error ends the thread."""
        try:
            return hand.step()
        except DATABASE_AWAY as error:
            logger.warning("delivery.database_away", reason=reason(error))
        except Exception:
            logger.exception("delivery.step_failed")
        self.failed = True
        connection.close()
        time.sleep(1.0)
        return False

    def _rest(self) -> None:
        """Wait for the next round of housekeeping, or for a publication.

        A server that cannot be listened to, such as one in recovery, ends nothing.
        """
        try:
            publishing.bell.wait(HOUSEKEEPING_SECONDS)
        except Exception:  # noqa: BLE001 - what keeps the round from its work is told there
            connection.close()
            time.sleep(HOUSEKEEPING_SECONDS)

    def _try(self, duty: Callable[[], None]) -> None:
        """Do a duty of the housekeeping. No error ends the process, or spoils its end."""
        try:
            duty()
        except DATABASE_AWAY as error:
            logger.warning("delivery.database_away", reason=reason(error))
        except Exception:
            logger.exception("delivery.housekeeping_failed")
            time.sleep(1.0)
        else:
            return
        self.failed = True
        connection.close()

    def _finish(self, threads: list[threading.Thread]) -> None:
        drained = time.monotonic() + DRAIN_SECONDS
        while any(thread.is_alive() for thread in threads):
            if time.monotonic() > drained + CUT_SECONDS:
                break
            if time.monotonic() > drained:
                for sender in self._senders:
                    sender.hang_up()
            self._try(self._housekeeping.renew_leases)
            time.sleep(0.05)
        self._try(self._housekeeping.farewell)
        in_doubt = sum(thread.is_alive() for thread in threads)
        logger.info("delivery.worker_stopped", connections_in_doubt=in_doubt)
        connections.close_all()


def provider_name() -> str:
    """Return the name of the configured provider's row: it must not hold a secret."""
    return mail_providers.public_name(settings.EMAIL_URL)[:40]
