"""One campaign, publish to last mail, beside the bare sender and plain `smtplib`, in one run.

`python -m benchmarks.campaign [--readers 50000] [--processes 2] [--connections 2]`.
"""

import argparse
import json
import signal
import smtplib
import subprocess
import tempfile
import time
from uuid import uuid4

import psycopg

from benchmarks import bare_sender
from benchmarks.common import Manage, costs, database, report, resident, sink

BODY = "# News\n\n" + "Every reader gets this mail once, and it is counted. " * 8
"""As a mail of about 6 kB, which is the bare sender's too."""


def main() -> None:
    options = arguments()
    with sink() as port, database() as url, psycopg.connect(url, autocommit=True) as watcher:
        manage = Manage(url, port, options.connections)
        manage("migrate", "--verbosity", "0")
        manage("demo_data", "--subscriptions", str(options.readers))
        report("plain smtplib, one connection", plain(port, 3_000))
        for _ in range(options.rounds):
            bare(port, options)
            issue = campaign(manage, watcher, options.processes)
        bare(port, options)
        plot(watcher, issue)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=50_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def bare(port: int, options: argparse.Namespace) -> None:
    mails = min(options.readers, 40_000)
    report("bare sender", bare_sender.run(port, mails, options.processes, options.connections))


def plain(port: int, mails: int) -> float:
    template = bare_sender.template()
    started = time.monotonic()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(mails):
            address = f"reader-{number}@example.org"
            content = template.fill(bare_sender.Personal(uuid4(), address, "t" * 66))
            smtp.sendmail("news@example.org", [address], content)
    return mails / (time.monotonic() - started)


def campaign(manage: Manage, watcher: psycopg.Connection, processes: int) -> int:
    """Publish to a waiting worker, time the last mail and what it cost; return the issue's id."""
    worker = subprocess.Popen(
        manage.command("deliver", "--processes", str(processes)),
        env=manage.environment,
        stdout=subprocess.DEVNULL,
    )
    time.sleep(2.5)
    before = costs(watcher)
    issue = publish(manage)
    memory = 0
    while True:
        state, published, finished = watcher.execute(
            "SELECT state, published_at, finished_at FROM newsletter_issue WHERE id = %s", [issue]
        ).fetchone()
        if state == "sent":
            break
        memory = max(memory, resident(worker.pid))
        time.sleep(0.2)
    after = costs(watcher)
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    (first,) = watcher.execute(
        "SELECT min(finished_at) - %s FROM newsletter_delivery WHERE issue_id = %s",
        [published, issue],
    ).fetchone()
    account = json.loads(manage("ledger", str(issue), "--json"))
    seconds = (finished - published).total_seconds()
    commits, wal = ((b - a) / account["sent"] for a, b in zip(before, after, strict=True))
    note = (
        f"{account['sent']:,} of {account['total']:,} in {seconds:.1f} s, first after "
        f"{first.total_seconds():.2f} s; {commits:.2f} commits and {wal / 1000:.2f} kB WAL a mail; "
        f"{memory / 2**20:.0f} MB"
    )
    report("campaign, ledger complete", account["sent"] / seconds, note)
    return issue


def publish(manage: Manage) -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".md") as body:
        body.write(BODY)
        body.flush()
        words = ["publish", "--newsletter", "default", "--subject", "Benchmark"]
        return int(manage(*words, "--body-file", body.name).split()[-1])


def plot(watcher: psycopg.Connection, issue: int) -> None:
    """Draw the mails of each second since the publication."""
    rows = watcher.execute(
        "SELECT floor(extract(epoch FROM mail.finished_at - published_at))::int, count(*) "
        "FROM newsletter_delivery AS mail JOIN newsletter_issue AS issue ON issue.id = issue_id "
        "WHERE issue_id = %s GROUP BY 1 ORDER BY 1",
        [issue],
    ).fetchall()
    widest = max(mails for _, mails in rows)
    for second, mails in rows:
        print(f"{second:4} s {mails:7,} {'█' * round(50 * mails / widest)}")


if __name__ == "__main__":
    main()
