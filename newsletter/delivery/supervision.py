"""Several worker processes under one parent, which starts them, replaces them and stops them."""

import os
import signal
import time
from collections.abc import Callable

import structlog
from django.db import connections

logger = structlog.get_logger(__name__)


class Supervisor:
    """`stop` may be called from a signal handler."""

    def __init__(self, work: Callable[[], None], processes: int, *, replace: bool) -> None:
        self._work = work
        self._replace = replace
        self._stopping = False
        connections.close_all()  # a connection must not be shared across fork
        self._children: set[int] = set()
        for _ in range(processes):
            self._start()

    def stop(self) -> None:
        self._stopping = True
        for child in tuple(self._children):
            os.kill(child, signal.SIGTERM)

    def run(self) -> int:
        """Wait for the processes, replacing those that die; return an exit code."""
        exit_code = 0
        while self._children:
            child, status = os.wait()
            self._children.discard(child)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping or (code == 0 and not self._replace):
                exit_code = exit_code or code
                continue
            logger.error("delivery.process_died", pid=child, exit_code=code)
            time.sleep(1.0)
            if not self._stopping:
                self._start()
        return exit_code

    def _start(self) -> None:
        child = os.fork()
        if child == 0:
            self._children = set()
            try:
                self._work()
            except BaseException:
                logger.exception("delivery.process_failed")
                os._exit(1)
            os._exit(0)
        self._children.add(child)
