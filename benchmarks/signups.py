"""Sign-ups a second through gunicorn, beside the same inserts by `pgbench` on the same server.

`python -m benchmarks.signups [--seconds 15] [--connections 32]` needs `wrk`, and `pgbench` on PATH
or in PGBENCH. Each sign-up is durable with its confirmation in the ledger before it is answered.
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg

from benchmarks.common import Manage, database, resident
from config import environment

UNIQUE = """
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function init() n = 0; math.randomseed(os.time() + id) run = math.random(1, 10^9) end
function request()
  n = n + 1
  local body = "name=le%20guin&email=reader" .. run .. "x" .. id .. "x" .. n .. "%40example.org"
  local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
  return wrk.format("POST", "/subscriptions", headers, body)
end
"""
INSERTS = """
WITH reader AS (
    INSERT INTO newsletter_subscription (id, newsletter_id, email, name, status, attributes)
    SELECT gen_random_uuid(), id, gen_random_uuid() || '@example.org', 'le guin',
        'pending_confirmation', '{}'
    FROM newsletter_newsletter WHERE slug = 'default' RETURNING id
), consent AS (
    INSERT INTO newsletter_consent
        (subscription_id, act, wording, wording_version, locale, page, user_agent)
    SELECT id, 'signed_up', 'I want it.', 'v1', 'en', '', '' FROM reader
)
INSERT INTO newsletter_delivery (id, kind, subscription_id, recipient, state)
SELECT gen_random_uuid(), 'confirmation', id, '', 'pending' FROM reader;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    with database() as url, tempfile.TemporaryDirectory() as folder:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        script = Path(folder) / "unique.lua"
        script.write_text(UNIQUE)
        inserts = Path(folder) / "inserts.sql"
        inserts.write_text(INSERTS)
        with web(manage) as (base, pid):
            wrk(f"{base}/health_check", options, "health checks")
            for _ in range(2):
                pgbench(url, inserts, options)
                wrk(base, options, "sign-ups", script)
            print(f"memory of the web processes: {resident(pid) / 2**20:.0f} MB")
        check(url)


@contextmanager
def web(manage: Manage, **given: str) -> Iterator[tuple[str, int]]:
    """Start gunicorn as in production, without limits on sign-ups; say when it first answered.

    `given` are more variables of its environment.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    variables = {"APP_APPLICATION__PORT": str(port), "APP_SIGNUP__LIMITS": "false", **given}
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "zero2prod.wsgi"]
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env={**manage.environment, **variables},
        cwd=environment.ROOT,
        stdout=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        while not answers(f"{base}/health_check"):
            time.sleep(0.02)
        print(f"first answer after {time.monotonic() - started:.2f} s")
        yield base, process.pid
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    with suppress(OSError), urlopen(url) as response:  # noqa: S310 - our own
        return bool(response.status == 200)
    return False


def wrk(url: str, options: argparse.Namespace, what: str, script: Path | None = None) -> None:
    words = ["wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", "--latency"]
    words += ["-s", str(script)] if script else []
    said = subprocess.run([*words, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+(\S+)", said)
    half, most = re.search(r"50%\s+(\S+)", said), re.search(r"99%\s+(\S+)", said)
    bad = re.search(r"Non-2xx.*?(\d+)", said)
    assert rate
    assert half
    assert most
    report(what, float(rate[1]), f"p50 {half[1]}, p99 {most[1]}, not 200: {bad[1] if bad else 0}")


def pgbench(url: str, inserts: Path, options: argparse.Namespace) -> None:
    program = os.environ.get("PGBENCH") or shutil.which("pgbench")
    if not program:
        print("pgbench is not here: no comparison")
        return
    words = ["-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", str(options.seconds)]
    done = subprocess.run(
        [program, *words, "-f", str(inserts), url], check=True, capture_output=True, text=True
    )
    rate = re.search(r"tps = (\S+)", done.stdout)
    assert rate
    report("pgbench, the same inserts", float(rate[1]))


def check(url: str) -> None:
    """Each reader must have a consent and a mail."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM newsletter_subscription), "
            "(SELECT count(*) FROM newsletter_consent), (SELECT count(*) FROM newsletter_delivery)"
        ).fetchone()
    print("{:,} readers, {:,} consents, {:,} confirmations".format(*row))


def report(what: str, rate: float, note: str = "") -> None:
    print(f"{what:32} {rate:10,.0f} a second  {note}  (load {os.getloadavg()[0]:.1f})", flush=True)


if __name__ == "__main__":
    main()
