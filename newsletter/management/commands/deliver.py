"""The worker: hands over what the ledger promises."""

import gc
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from django.db.models.functions import Now

from newsletter.delivery import letters, retries
from newsletter.delivery.supervision import Supervisor
from newsletter.delivery.worker import WorkerProcess, provider_name
from newsletter.models import Delivery, Provider
from zero2prod.checks import check_pool


class Command(BaseCommand):
    help = "Send what is due, until SIGTERM or Ctrl-C: the mails in flight are finished first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--processes", type=int, default=1, help="worker processes (1)")
        parser.add_argument("--drain", action="store_true", help="send what is due and exit")

    def handle(self, *_args: Any, processes: int, drain: bool, **_options: Any) -> None:
        if processes < 1:
            raise CommandError("--processes must be at least 1.")
        for fault in check_pool(databases=[DEFAULT_DB_ALIAS]):
            raise CommandError(f"{fault.msg} {fault.hint}")
        letters.warm_up()
        gc.freeze()  # What is loaded by now is never garbage, and stays shared across a fork.
        if processes == 1:
            _work(until_idle=drain)
        else:
            supervisor = Supervisor(
                lambda: _work(until_idle=drain, supervised=True), processes, replace=not drain
            )
            _on_stop_signal(supervisor.stop)
            if exit_code := supervisor.run():
                sys.exit(exit_code)
        soon = Now() + retries.RELEASE_DELAY  # when a mail that found no provider is due again
        if drain and (left := Delivery.objects.filter(next_at__lte=soon).count()):
            provider = Provider.objects.filter(name=provider_name()).first()
            cause = (provider and provider.last_error) or "see the log"
            raise CommandError(f"{left:,} due mails were not sent: {cause}.")


def _work(*, until_idle: bool, supervised: bool = False) -> None:
    worker = WorkerProcess(until_idle=until_idle, supervised=supervised)
    _on_stop_signal(worker.stop)
    worker.run()
    if until_idle and worker.failed:
        raise CommandError("The database was away, or a step failed: see the log.")


def _on_stop_signal(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
