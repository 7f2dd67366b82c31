"""Networks of their own: between a process and the cluster, to be cut without a word to either,
and for a process alone.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.cluster import Cluster
from tests.ports import answers
from tests.processes import eventually, kept_running

PROGRAM = shutil.which("ip") or ""
"""Of iproute2 (Linux); only root may lay a network."""
HERE, THERE, PORT = "10.99.77.1", "10.99.77.2", 5432
_NAMESPACE, _NEAR_END, _FAR_END = "zero2prod-far", "zero2prod-near", "far"


UNSHARE = ("unshare", "--net", "--mount")


class Network:
    """Leads to a relay on its far side."""

    variables = {"APP_DATABASE__HOST": THERE, "APP_DATABASE__PORT": str(PORT)}

    def cut(self) -> None:
        """Lose every packet, as a failed switch or a vanished machine does: nobody is told."""
        _far("link", "set", _FAR_END, "down")

    def mend(self) -> None:
        _far("link", "set", _FAR_END, "up")


def can_be_laid() -> bool:
    """Try it: some containers take that right from root."""
    if not PROGRAM or os.geteuid():
        return False
    trial = ["netns", "exec", _NAMESPACE, "true"]
    laid = subprocess.run([PROGRAM, "netns", "add", _NAMESPACE], check=False)
    entered = subprocess.run([PROGRAM, *trial], check=False)
    subprocess.run([PROGRAM, "netns", "delete", _NAMESPACE], check=False)
    return not (laid.returncode or entered.returncode)


def can_be_unshared() -> bool:
    """Whether a process can be given a network, and a resolver, that nobody else has."""
    if os.geteuid() or not all(shutil.which(program) for program in ("unshare", "ip", "mount")):
        return False
    return subprocess.run([*UNSHARE, "true"], check=False).returncode == 0


@contextmanager
def laid(cluster: Cluster) -> Iterator[Network]:
    target = f"{cluster.sockets}/.s.PGSQL.{cluster.environment()['APP_DATABASE__PORT']}"
    relay = [sys.executable, "-m", "tests.relay", THERE, str(PORT), target]
    _ip("netns", "add", _NAMESPACE)
    try:
        peer = ("peer", "name", _FAR_END, "netns", _NAMESPACE)
        _ip("link", "add", _NEAR_END, "type", "veth", *peer)
        _ip("address", "add", f"{HERE}/30", "dev", _NEAR_END)
        _ip("link", "set", _NEAR_END, "up")
        _far("address", "add", f"{THERE}/30", "dev", _FAR_END)
        _far("link", "set", _FAR_END, "up")
        with kept_running([PROGRAM, "netns", "exec", _NAMESPACE, *relay]):
            assert eventually(lambda: answers(PORT, THERE))
            yield Network()
    finally:
        _ip("link", "delete", _NEAR_END)
        _ip("netns", "delete", _NAMESPACE)


def _ip(*words: str) -> None:
    subprocess.run([PROGRAM, *words], check=True)


def _far(*words: str) -> None:
    _ip("-netns", _NAMESPACE, *words)
