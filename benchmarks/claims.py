"""How long due mails are found and claimed, of a million: `python -m benchmarks.claims`."""

import argparse
import statistics
import time
from uuid import uuid4

import psycopg

from benchmarks.campaign import publish
from benchmarks.common import Manage, database
from newsletter.delivery.ledger import Ledger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--claims", type=int, default=500)
    parser.add_argument("--size", type=int, default=100)
    options = parser.parse_args()
    with database() as url, psycopg.connect(url, autocommit=True) as connection:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        manage("demo_data", "--subscriptions", str(options.readers))
        started = time.monotonic()
        issue = publish(manage)
        print(f"publish of {options.readers:,}: {time.monotonic() - started:.2f} s", flush=True)
        started = time.monotonic()
        manage("shell", "--no-imports", "-c", EXPAND)
        print(f"expansion: {time.monotonic() - started:.1f} s", flush=True)
        measure(connection, issue, options)


EXPAND = "from newsletter import publishing\nwhile publishing.expand_one(): pass"


def measure(connection: psycopg.Connection, issue: int, options: argparse.Namespace) -> None:
    ledger, milliseconds = Ledger(connection), []
    ledger.tune()
    for _ in range(options.claims):
        started = time.perf_counter()
        assert issue in ledger.due_streams()
        claimed = ledger.claim(issue, uuid4(), options.size)
        milliseconds.append(1000 * (time.perf_counter() - started))
        assert len(claimed) == options.size
    cuts = statistics.quantiles(milliseconds, n=100)
    print(
        f"{options.claims} claims of {options.size}: median {cuts[49]:.1f} ms, "
        f"p99 {cuts[98]:.1f} ms, longest {max(milliseconds):.1f} ms"
    )


if __name__ == "__main__":
    main()
