"""How the rate grows with the processes where the provider takes 50 ms for each mail.

`python -m benchmarks.scaling [--delay 0.05] [--readers 6000]`.
"""

import argparse
import subprocess
import time

import psycopg

from benchmarks.campaign import publish
from benchmarks.common import Manage, database, report, sink


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--readers", type=int, default=6_000)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    with sink(options.delay) as port, database() as url, psycopg.connect(url) as watcher:
        manage = Manage(url, port, options.connections)
        manage("migrate", "--verbosity", "0")
        manage("demo_data", "--subscriptions", str(options.readers))
        for processes in (1, 2, 4):
            rate = drained(manage, watcher, processes)
            limit = processes * options.connections / options.delay
            report(f"{processes} processes", rate, f"{rate / limit:.0%} of {limit:,.0f} possible")


def drained(manage: Manage, watcher: psycopg.Connection, processes: int) -> float:
    """Return mails a second between the first and the last."""
    issue = publish(manage)
    subprocess.run(
        manage.command("deliver", "--drain", "--processes", str(processes)),
        env=manage.environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    time.sleep(0.1)
    mails, seconds = watcher.execute(
        "SELECT count(*), extract(epoch FROM max(finished_at) - min(sending_at))::float8 "
        "FROM newsletter_delivery WHERE issue_id = %s AND state = 'sent'",
        [issue],
    ).fetchone()
    return mails / seconds


if __name__ == "__main__":
    main()
