"""Sign-ups a second through gunicorn, beside the same inserts by `pgbench` on the same server.

`python -m benchmarks.signups [--seconds 15] [--connections 32] [--setups 2x8 2x16] [--guarded]`
needs `wrk`, and `pgbench` on PATH or in PGBENCH. Each sign-up is durable with its confirmation in
the ledger before it is answered. A set-up is gunicorn's workers x threads.
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
from django.conf import settings

from benchmarks.common import Manage, database, family, resident, worked
from config import environment

UNIQUE = """
local pause, clients = %d, %d
local thread = 0
function setup(t) t:set("id", thread); thread = thread + 1 end
function init() n = 0; math.randomseed(os.time() + id) run = math.random(1, 10^9) end
function request()
  n = n + 1
  local body = "name=le%%20guin&email=reader" .. run .. "x" .. id .. "x" .. n .. "%%40example.org"
  local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
  if clients > 0 then
    local client = (math.floor(n / 10) + run) %% 2^24
    headers["X-Client"] = string.format("10.%%d.%%d.%%d",
      client %% 256, math.floor(client / 256) %% 256, math.floor(client / 65536))
  end
  return wrk.format("POST", "/subscriptions", headers, body)
end
if pause > 0 then
  function delay() return math.random(0, 2 * pause) end
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
    parser.add_argument("--setups", nargs="+", default=["2x8"])
    parser.add_argument("--guarded", action="store_true", help="limits on, ten sign-ups a client")
    options = parser.parse_args()
    with database() as url, tempfile.TemporaryDirectory() as folder:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        inserts = Path(folder) / "inserts.sql"
        inserts.write_text(INSERTS)
        for setup in options.setups:
            print(f"gunicorn, workers x threads: {setup}")
            with web(manage, setup, guarded=options.guarded) as (base, pid):
                wrk(f"{base}/health_check", options, "health checks")
                for _ in range(2):
                    pgbench(url, inserts, options)
                    with processor(url, pid):
                        rate = sign_ups(base, options, Path(folder))
                with processor(url, pid):
                    sign_ups(base, options, Path(folder), limit=rate / 2)
                print(f"memory of the web processes: {resident(pid) / 2**20:.0f} MB")
        check(url)


def sign_ups(
    base: str, options: argparse.Namespace, folder: Path, limit: float | None = None
) -> float:
    """Sign up as fast as it goes, or about `limit` a second: connections then pause at random."""
    pause = round(1000 * options.connections / limit) if limit else 0
    script = folder / "unique.lua"
    script.write_text(UNIQUE % (pause, options.guarded))
    return wrk(base, options, "sign-ups at half load" if limit else "sign-ups", script)


@contextmanager
def processor(url: str, pid: int) -> Iterator[None]:
    """Say what a sign-up took of the processors: of a busy machine that says more than the rate."""
    with psycopg.connect(url, autocommit=True) as watcher:
        before, web, server = readers(watcher), worked(family(pid)), worked(backends(watcher))
        yield
        signed_up = readers(watcher) - before
        of_web = worked(family(pid)) - web
        of_server = worked(backends(watcher)) - server
    took = f"web {of_web / signed_up:.2f} ms, PostgreSQL {of_server / signed_up:.2f} ms"
    print(f"  of the processors, for each: {took}", flush=True)


def readers(watcher: psycopg.Connection) -> int:
    row = watcher.execute("SELECT count(*) FROM newsletter_subscription").fetchone()
    assert row
    return int(row[0])


def backends(watcher: psycopg.Connection) -> list[int]:
    found = watcher.execute(
        "SELECT pid FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return [pid for (pid,) in found]


@contextmanager
def web(manage: Manage, setup: str, *, guarded: bool) -> Iterator[tuple[str, int]]:
    """Start gunicorn as in production; say when it first answered."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    workers, threads = setup.split("x")
    variables = {
        "APP_ENVIRONMENT": "production",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",  # not this process's own
        "APP_APPLICATION__BASE_URL": f"http://127.0.0.1:{port}",
        "APP_APPLICATION__SECRET_KEY": settings.SECRET_KEY,
        "APP_APPLICATION__CLIENT_IP_HEADER": "X-Client",
        "APP_APPLICATION__PORT": str(port),
        "APP_APPLICATION__WORKERS": workers,
        "APP_APPLICATION__THREADS": threads,
        "APP_DATABASE__REQUIRE_SSL": "false",
        "APP_EMAIL__SENDER": "benchmark@example.org",
        "APP_SIGNUP__CHECK_MX": "false",
        "APP_SIGNUP__LIMITS": str(guarded).lower(),
        "APP_SIGNUP__PROOF": "never",  # at such a rate it would be asked of everybody
    }
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


def wrk(url: str, options: argparse.Namespace, what: str, script: Path | None = None) -> float:
    words = ["wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", "--latency"]
    words += ["-s", str(script)] if script else []
    said = subprocess.run([*words, url], check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+(\S+)", said)
    half, most = (re.search(rf"^\s+{share}%\s+(\S+)", said, re.MULTILINE) for share in (50, 99))
    bad = re.search(r"Non-2xx.*?(\d+)", said)
    assert rate
    assert half
    assert most
    report(what, float(rate[1]), f"p50 {half[1]}, p99 {most[1]}, not 200: {bad[1] if bad else 0}")
    return float(rate[1])


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
