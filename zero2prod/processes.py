"""The long-running processes of a local installation, as `manage.py up` sees them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from config import environment
from zero2prod import tether

STABLE_AFTER = 10.0
"""Seconds after which a start counts as successful."""
FAILED_STARTS_LIMIT = 3


class KeptProcess:
    """A command on a tether (tether.py): however this process ends, so does the command."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.failed_starts = 0
        self._command = [sys.executable, *arguments]
        self.start()

    def start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", tether.__name__, *self._command],
            cwd=environment.ROOT,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def has_ended(self) -> bool:
        """Whether it is gone; count it as a failed start if it did not live long."""
        if self._process.poll() is None:
            return False
        self._clear_away()
        is_stable = time.monotonic() - self._started >= STABLE_AFTER
        self.failed_starts = 0 if is_stable else self.failed_starts + 1
        return True

    @property
    def is_hopeless(self) -> bool:
        return self.failed_starts >= FAILED_STARTS_LIMIT

    @property
    def end(self) -> str:
        """Say how it ended."""
        code = self._process.returncode
        if code < 0 or code > 128:
            return signal.Signals(abs(code) % 128).name
        return f"exit code {code}"

    def release(self) -> None:
        """Begin to stop it."""
        if self._process.stdin:
            self._process.stdin.close()

    def join(self) -> None:
        """Wait until it has stopped."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(tether.STOP_TIMEOUT + 5)
        self._clear_away()

    def _clear_away(self) -> None:
        """Kill what is left of its session: the tether or the command may have been killed."""
        with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for the dead.
            os.killpg(self._process.pid, signal.SIGKILL)
        self.release()
