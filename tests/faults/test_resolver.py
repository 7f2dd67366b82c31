"""A nameserver that never answers."""

import os

import pytest

from tests.faults import network
from tests.faults.service import stop
from tests.processes import eventually

# The worker gets a network with nothing in it but the port of a nameserver, which it holds open
# itself and where nobody reads. Both end with it.
OUTSIDE = f"""
import os, sys
os.execvp("unshare", [*{network.UNSHARE!r}, sys.executable, "-c", *sys.argv[1:]])
"""
INSIDE = """
import os, socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
mute = socket.socket(type=socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 53))
mute.set_inheritable(True)
os.execv(sys.executable, [sys.executable, "manage.py", "deliver"])
"""


@pytest.mark.parametrize("address", ["smtp://mail.example.org", "postmark://KEY"])
def test_a_mute_nameserver_leaves_nothing_in_doubt(service, tmp_path, address):
    """Nothing has left, so SIGTERM must not end a worker that still waits for the name."""
    if not network.can_be_unshared():
        pytest.skip("Only root can make a network (Debian: util-linux, iproute2).")
    mute = tmp_path / "resolv.conf"
    mute.write_text("nameserver 127.0.0.1\noptions timeout:30\n")
    service.add_readers(100)
    service.publish()
    words = ("-c", OUTSIDE, INSIDE, str(mute))
    worker = service.start(*words, APP_EMAIL__URL=address, PATH=os.environ["PATH"])
    assert eventually(lambda: service.count("state = 'sending'") > 0)
    code, duration = stop(worker)
    assert (code, duration < 20) == (0, True)
    assert service.states() == {"pending": 100}
    assert "name_not_resolved" in service.log()
