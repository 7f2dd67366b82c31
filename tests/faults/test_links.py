"""A server behind a link that answers for ever."""

import os
import subprocess
import sys

import pytest

from newsletter.checking.trying import PATIENCE_SECONDS
from tests.faults import network
from tests.faults.service import ROOT

# The command is the first process of a network in which one public address answers, byte by byte.
CHECK = """
import os, socket, subprocess, sys, time
for words in (["link", "set", "lo", "up"], ["address", "add", "9.9.9.10/32", "dev", "lo"]):
    subprocess.run(["ip", *words], check=True)
listener = socket.create_server(("9.9.9.10", 80))
if os.fork():
    os.execv(sys.executable, [sys.executable, "manage.py", "issue", sys.argv[1], "check"])
listener.settimeout(20)
peer, _ = listener.accept()
try:
    peer.sendall(b"HTTP/1.1 200 OK\\r\\n")
    for _ in range(60):
        peer.sendall(b"X")
        time.sleep(1)
except OSError:
    pass
"""


def test_a_check_ends_although_an_answer_does_not(service):
    if not network.can_be_unshared():
        pytest.skip("Only root can make a network (Debian: util-linux, iproute2).")
    service.add_readers(1)
    body = service.folder / "body.md"
    body.write_text("# News\n\n[Read](http://9.9.9.10/)\n")
    words = ("--newsletter", "default", "--subject", "News", "--body-file", str(body))
    issue = service.run("publish", *words).split()[-1]
    done = subprocess.run(
        [*network.UNSHARE, sys.executable, "-c", CHECK, issue],
        cwd=ROOT,
        env=service.variables | {"PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE_SECONDS + 15,
        check=False,
    )
    assert "9.9.9.10" in done.stdout
