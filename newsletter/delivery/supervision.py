"""Several worker processes under one parent, which starts them, replaces them and stops them."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from django.db import connections

logger = structlog.get_logger(__name__)

_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


class Supervisor:
    """`stop` may be called from a signal handler."""

    def __init__(self, work: Callable[[], None], processes: int, *, replace: bool) -> None:
        self._work = work
        self._processes = processes
        self._replace = replace
        self._stopping = False
        self._children: set[int] = set()

    def stop(self) -> None:
        self._stopping = True
        for child in tuple(self._children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    def run(self) -> int:
        """Start the processes and wait for them, replacing those that die; return an exit code."""
        connections.close_all()  # a connection must not be shared across fork
        for _ in range(self._processes):
            self._start()
        exit_code = 0
        while self._children:
            child, status = os.wait()
            self._children.discard(child)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping or not self._replace:
                exit_code = exit_code or code
                continue
            logger.error("delivery.process_died", pid=child, exit_code=code)
            time.sleep(1.0)
            self._start()
        return exit_code

    def _start(self) -> None:
        # No signal comes between: `stop` must know the child, and the child must not run `stop`.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        child = os.fork() if not self._stopping else None
        if child == 0:
            for number in _STOP_SIGNALS:  # until `work` sets its own there is nothing to finish
                signal.signal(number, lambda *_: os._exit(0))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
            try:
                self._work()
            except BaseException:
                logger.exception("delivery.process_failed")
                os._exit(1)
            os._exit(0)
        if child:
            self._children.add(child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
