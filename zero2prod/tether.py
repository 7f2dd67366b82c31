"""Runs a command that does not outlive its starter: `python -m zero2prod.tether COMMAND ...`.

Standard input is a pipe whose other end only the starter holds. It closes on purpose or with the
starter's death, SIGKILL included: then the command gets SIGTERM, and if it is not gone in time,
SIGKILL with all that it started. This works on every POSIX system (PR_SET_PDEATHSIG is Linux's
alone). The starter gives the tether a session of its own, so that Ctrl-C reaches the starter only.
"""

import os
import signal
import subprocess
import sys
import threading
import time

STOP_TIMEOUT = 20.0
"""Seconds: more than gunicorn's graceful time-out (config/gunicorn.py)."""


def main() -> None:
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_stop_with_starter, args=[process], daemon=True).start()
    code = process.wait()
    sys.exit(128 - code if code < 0 else code)


def _stop_with_starter(process: subprocess.Popen[bytes]) -> None:
    # Nothing is ever written. Not sys.stdin.read(): its lock would hinder the exit of this process.
    os.read(sys.stdin.fileno(), 1)
    process.terminate()
    time.sleep(STOP_TIMEOUT)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
