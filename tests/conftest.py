"""What all tests share. Rows are made by tests/factories.py."""

from typing import Any

import pytest

from newsletter.models.newsletters import newsletters_in
from tests.acceptance import browser as chromium
from tests.ports import unused_port


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="fault stories and fuzzing at full length")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say on the last line that the pages were not looked at; a list of skips is not read."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if any(chromium.MISSING in str(report.longrepr) for report in skipped):
        reporter.write_line(chromium.MISSING, yellow=True)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    """What a process keeps for a second must not outlive the test's rows."""
    newsletters_in.cache_clear()


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return unused_port()
