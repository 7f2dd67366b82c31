"""Whether the time of a sign-up's answer tells what is known of its address.

`python -m benchmarks.same_answer [--rounds 2000]`: in each round one sign-up for an address of each
state, in a new order, one after the other, all guards on. `new` is there twice: what differs
between these two is noise. Mann-Whitney's U says how probable such a difference is by chance.

Beside the time until the answer stands that of the processor for PostgreSQL (Linux, a server on
this machine), which other work on the machine hardly changes.
"""

import argparse
import math
import os
import random
import statistics
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from benchmarks.common import Manage, database
from benchmarks.signups import web
from newsletter.guarding import budgets

READERS = {
    "pending": "pending_confirmation",
    "on its way": "pending_confirmation",
    "confirmed": "confirmed",
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
    "complained": "complained",
    "over the limit": "pending_confirmation",
}
STATES = ("new", "new again", *READERS, "suppressed")
ONE_CONNECTION = "1x1"
"""To the database, so that its process can be watched."""
Times = dict[str, list[float]]
"""Milliseconds of each state."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    rounds = parser.parse_args().rounds
    with database() as url:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        with psycopg.connect(url, autocommit=True) as connection:
            store(connection, rounds)
            with web(manage, ONE_CONNECTION, guarded=True) as (base, _pid):
                answers, processor = measure(base, rounds, connection)
            count_mails(connection)
    report("until the answer", answers)
    report("of the processor, for PostgreSQL", processor)


def address(state: str, number: int) -> str:
    return f"{state.replace(' ', '.')}.{number}@example.org"


def store(connection: psycopg.Connection, rounds: int) -> None:
    """Make every address what its state says."""
    from newsletter.models.suppressions import address_digests  # noqa: PLC0415 - Django is up now

    readers = [
        (address(state, number), status, state)
        for state, status in READERS.items()
        for number in range(rounds)
    ]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE reader (email text, status text, state text)")
        with cursor.copy("COPY reader FROM STDIN") as copy:
            for row in readers:
                copy.write_row(row)
        cursor.execute(STORE_READERS)
        cursor.execute(STORE_MAILS)
        cursor.executemany(
            "INSERT INTO newsletter_suppression (digest, reason) VALUES (%s, 'bounced')",
            [(address_digests(address("suppressed", number))[0],) for number in range(rounds)],
        )
        cursor.executemany(
            "INSERT INTO newsletter_allowance (key, spent) "
            "VALUES (%s, array_fill(now() - interval '1 hour', ARRAY[3]))",
            [(budgets.address_key(address("over the limit", one)),) for one in range(rounds)],
        )
        cursor.execute("VACUUM ANALYZE")


STORE_READERS = """
INSERT INTO newsletter_subscription
    (id, newsletter_id, email, name, status, attributes, subscribed_at, confirmed_at)
SELECT gen_random_uuid(), newsletter.id, email, 'Ursula', status, '{}', now() - interval '2 days',
    CASE WHEN status <> 'pending_confirmation' THEN now() - interval '1 day' END
FROM reader, newsletter_newsletter AS newsletter WHERE slug = 'default' ORDER BY random()
"""
STORE_MAILS = """
INSERT INTO newsletter_delivery
    (id, kind, subscription_id, recipient, created_at, state, next_at, finished_at)
SELECT gen_random_uuid(), 'confirmation', reader.id, '', now() - interval '2 days',
    CASE WHEN state = 'on its way' THEN 'pending' ELSE 'sent' END,
    CASE WHEN state = 'on its way' THEN now() END,
    CASE WHEN state = 'on its way' THEN NULL ELSE now() END
FROM reader AS known JOIN newsletter_subscription AS reader USING (email)
"""


def measure(base: str, rounds: int, connection: psycopg.Connection) -> tuple[Times, Times]:
    """Return the times until each answer and of PostgreSQL's processor.

    Every sign-up comes from another network.
    """
    answers: Times = {state: [] for state in STATES}
    processor: Times = {state: [] for state in STATES}
    networks = clients()
    visitor = HTTPConnection(base.removeprefix("http://"))
    for number in range(20):  # the first ones warm everything up
        sign_up(visitor, address("warm up", number), next(networks))
    backends = others(connection)
    for number in range(rounds):
        for state in random.sample(STATES, len(STATES)):
            worked, started = busy(backends), time.perf_counter()
            sign_up(visitor, address(state, number), next(networks))
            seconds = time.perf_counter() - started
            try:
                processor[state].append(busy(backends) - worked)
            except FileNotFoundError:  # once a minute Django takes a new connection
                backends = others(connection)
            else:
                answers[state].append(seconds * 1000)
    visitor.close()
    return answers, processor


def sign_up(visitor: HTTPConnection, email: str, client: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Client": client}
    visitor.request(
        "POST", "/subscriptions", urlencode({"name": "Ursula", "email": email}), headers
    )
    answer = visitor.getresponse()
    content = answer.read()
    assert (answer.status, content) == (200, b""), (answer.status, content)


def others(connection: psycopg.Connection) -> list[Path]:
    """Return where the kernel tells how long the web's backends have run."""
    found = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return [Path(f"/proc/{pid}/schedstat") for (pid,) in found]


def busy(backends: list[Path]) -> float:
    """Return the milliseconds that they have been on a processor."""
    return sum(int(file.read_text().split()[0]) for file in backends) / 1e6


def clients() -> Iterator[str]:
    for number in range(256**3):
        yield f"{10 + number // 256**2}.{number // 256 % 256}.{number % 256}.1"


def count_mails(connection: psycopg.Connection) -> None:
    """Say who was mailed, so that the states are what they are called."""
    mailed = connection.execute(
        "SELECT regexp_replace(email, '[.][0-9]+@.*', ''), count(*) "
        "FROM newsletter_delivery AS mail JOIN newsletter_subscription AS reader "
        "ON reader.id = mail.subscription_id WHERE mail.created_at > now() - interval '1 day' "
        "AND email NOT LIKE 'warm.up%' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    print("mails promised:", ", ".join(f"{state} {number:,}" for state, number in mailed))


def report(what: str, times: Times) -> None:
    print(f"\n{'ms ' + what:34} {'median':>8} {'p90':>8} {'difference':>11} {'p':>6}")
    usual = times["new"]
    for state, found in times.items():
        middle, tenth = statistics.median(found), statistics.quantiles(found, n=10)[-1]
        difference = middle - statistics.median(usual)
        chance = mann_whitney(usual, found) if found is not usual else 1.0
        print(f"{state:34} {middle:8.3f} {tenth:8.3f} {difference:+11.3f} {chance:6.3f}")
    print(f"{len(usual):,} rounds (load {os.getloadavg()[0]:.1f})")


def mann_whitney(one: list[float], other: list[float]) -> float:
    """Return the two-sided p-value of the U test by the normal approximation, for many times.

    Ties are not corrected for: a clock of nanoseconds has next to none.
    """
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, start=1) if group == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    deviation = math.sqrt(n * m * (n + m + 1) / 12)
    return 2 * statistics.NormalDist().cdf(-abs(u - n * m / 2) / deviation)


if __name__ == "__main__":
    main()
