"""How events and the records of other packages become lines."""

import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from zero2prod.log_lines import Event, LineFormatter, LineHandler, hand_over

STORY = """
import logging
from config.logging import configure
configure(json=True)
import structlog
structlog.contextvars.bind_contextvars(request_id="7")
ours = structlog.get_logger("newsletter.ours")
ours.info("reader.came", reader="Zoë\\n", number=1)
ours.debug("reader.breathed")
logging.getLogger("foreign").warning("%s is %d", "this", 2)
try:
    {}["lost"]
except KeyError:
    ours.exception("reader.lost")
"""


def tell(closed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" - {closed}', sys.executable],
        input=STORY,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )


def told() -> list[dict[str, object]]:
    done = tell()
    assert not done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_events_and_foreign_records_are_lines_of_the_same_form():
    came, foreign, lost = told()
    for line in (came, foreign, lost):
        assert list(line)[:4] == ["time", "level", "name", "message"]
        assert line["request_id"] == "7"
    assert (came["level"], came["name"], came["message"]) == (
        "info",
        "newsletter.ours",
        "reader.came",
    )
    assert (came["reader"], came["number"]) == ("Zoë\n", 1)
    assert (foreign["level"], foreign["name"], foreign["message"]) == (
        "warning",
        "foreign",
        "this is 2",
    )
    assert (lost["level"], lost["message"]) == ("error", "reader.lost")
    assert "KeyError: 'lost'" in lost["exception"]


def test_without_stdout_the_lines_go_to_stderr():
    assert [json.loads(line)["message"] for line in tell(">&-").stderr.splitlines()] == [
        "reader.came",
        "this is 2",
        "reader.lost",
    ]


def test_without_any_output_it_runs_all_the_same():
    assert tell(">&- 2>&-").returncode == 0


def test_what_renders_an_event_leaves_it_for_the_handlers_that_come_after():
    (event,), _ = hand_over(None, "info", {"event": "reader.came", "number": 1})
    record = logging.LogRecord("ours", logging.INFO, "", 0, event, None, None)
    pops = LineFormatter(renderers=[lambda _logger, _name, event: event.pop("event")], foreign=[])
    assert pops.format(record) == "reader.came"
    assert record.msg == {"event": "reader.came", "number": 1}


@pytest.mark.parametrize("is_blocking", [True, False])
def test_lines_of_many_threads_are_whole(is_blocking):
    receiver, sender = os.pipe()
    os.set_blocking(sender, is_blocking)
    with os.fdopen(sender, "w") as stream, os.fdopen(receiver) as lines:
        handler = LineHandler(stream)
        handler.setFormatter(
            LineFormatter(renderers=[structlog.processors.JSONRenderer()], foreign=[])
        )

        def log(number: int) -> None:
            event = Event(event="reader.came", number=number, name="x" * 500)
            handler.handle(logging.LogRecord("ours", logging.INFO, "", 0, event, None, None))

        with ThreadPoolExecutor(8) as threads:
            threads.submit(lambda: [*map(log, range(400))])
            threads.submit(lambda: [*map(log, range(400, 800))])
            seen = {json.loads(next(lines))["number"] for _ in range(800)}
    assert seen == set(range(800))
