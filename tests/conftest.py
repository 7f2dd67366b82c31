"""What all tests share. Rows are made by tests/factories.py."""

import socket

import pytest

from newsletter.models.newsletters import newsletters_in


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="fault stories and fuzzing at full length")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process keeps for a second must not outlive the test's rows."""
    newsletters_in.cache_clear()


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
