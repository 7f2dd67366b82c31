"""What the image installs is what requirements.txt says: `make lock` writes it down."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text().lower()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text, re.MULTILINE))


def test_the_lock_has_every_pin():
    lock = pins("requirements.lock")
    stale = {name: pin for name, pin in pins("requirements.txt").items() if lock.get(name) != pin}
    assert stale == {}, "run `make lock`"


def test_every_package_of_the_lock_has_hashes():
    entries = re.split(r"^(?=[a-z])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert [entry for entry in entries[1:] if "--hash=sha256:" not in entry] == []
