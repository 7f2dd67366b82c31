"""How fast readers come and go as CSV: `python -m benchmarks.imports [--rows 1000000]`."""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.common import Manage, database

FIRST = ("Ada", "Amina", "Björn", "Chidi", "Zoë", "José", "Jamal")
LAST = ("Adeyemi", "García", "Novák", "Kim")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows: int = parser.parse_args().rows
    with database() as url, tempfile.TemporaryDirectory() as folder:
        manage = Manage(url, port=9, connections=1)
        manage("migrate", "--verbosity", "0")
        file, copy = Path(folder) / "readers.csv", Path(folder) / "copy.csv"
        write(file, rows)
        statement = ("--source", "Benchmark")
        measure(manage, f"dry run of {rows:,}", "import_subscriptions", str(file), "--dry-run")
        measure(manage, f"import of {rows:,}", "import_subscriptions", str(file), *statement)
        measure(manage, "the same again", "import_subscriptions", str(file), *statement)
        measure(manage, "export", "export_subscriptions", "--output", str(copy))


def write(file: Path, rows: int) -> None:
    """Write what an export of another program is like: name, city, tags, day."""
    dice = random.Random(1)  # noqa: S311 - nothing secret
    with file.open("w", encoding="utf-8") as opened:
        opened.write("E-Mail,Name,City,Tags,Signed up\n")
        for number in range(rows):
            opened.write(
                f"reader{number}.{dice.randrange(10**6)}@example{number % 50}.org,"
                f"{dice.choice(FIRST)} {dice.choice(LAST)},{dice.choice(['Oslo', 'Lagos'])},"
                f'"{dice.choice(["a", "b"])},news",2024-03-{dice.randrange(1, 29):02} 10:00\n'
            )


def measure(manage: Manage, what: str, *words: str) -> None:
    """Run a command; say its time, its highest memory and the load of the machine."""
    started = time.monotonic()
    process = subprocess.Popen(
        manage.command(*words),
        env=manage.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"{what} has failed.")
    print(
        f"{what:24} {seconds:7.1f} s  {usage.ru_maxrss / 1024:6.0f} MB  "
        f"{cpu(usage):6.1f} s of processor  (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )


def cpu(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
