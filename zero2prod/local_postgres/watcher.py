"""The process that stops the server of a directory once nobody leases it: one a directory.

Run as `python -m zero2prod.local_postgres.watcher DIRECTORY` by the server's first user.
"""

import os
import sys
import time
from pathlib import Path

from zero2prod.local_postgres import server
from zero2prod.local_postgres.programs import Programs, find_programs, server_account

GRACE = 3.0
"""Seconds without a lease before the server is stopped: one command follows another."""
INTERVAL = 0.5


def watch(home: Path, programs: Programs) -> None:
    """Wait for the end of the last lease, and stop the server."""
    with (home / "watch.lock").open("a") as watching:
        if not server.try_lock(watching):
            return
        unused = 0.0
        while home.exists():
            time.sleep(INTERVAL)
            # Nobody takes a lease while the start is locked.
            with server.locked(home / "start.lock"):
                unused = unused + INTERVAL if server.is_free(home / "leases.lock") else 0.0
                if unused >= GRACE:
                    server.stop(home, programs)
                    watching.close()  # Still under the lock: who starts next needs a watcher.
                    return


def main() -> None:
    home = Path(sys.argv[1])
    programs = find_programs(server_account(home / "data"))
    if not os.fork():
        os.setsid()
        os.chdir("/")
        watch(home, programs)


if __name__ == "__main__":
    main()
