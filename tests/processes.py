"""The processes of this machine, for tests that kill some and look for what was left behind."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

PROC = Path("/proc")


def running(*words: str) -> list[int]:
    """Return the processes in whose command line all words occur."""
    return [
        int(directory.name)
        for directory in PROC.glob("[0-9]*")
        if all(word in _command_line(directory) for word in words)
    ]


def eventually(claim: Callable[[], bool], *, seconds: float = 60) -> bool:
    """Whether a claim comes true in time.

    The default bounds no promise, only how long a busy machine may take to start a process.
    """
    deadline = monotonic() + seconds
    while not (holds := claim()) and monotonic() < deadline:
        sleep(0.1)
    return holds


@contextmanager
def kept_running(command: Sequence[str]) -> Iterator[None]:
    """Run a program, and end it with the block."""
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


def _command_line(directory: Path) -> str:
    try:
        return (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # It is gone by now.
        return ""
