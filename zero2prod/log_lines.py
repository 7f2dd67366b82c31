"""How an event becomes a line: the parts of config/logging.py, cheap enough for each request."""

import logging
import os
import select
from collections.abc import Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


class Event(dict[str, Any]):
    """One of our own events, as the standard library's record carries it."""


def hand_over(
    _logger: WrappedLogger, _method: str, event: EventDict
) -> tuple[tuple[Event], dict[str, Any]]:
    """Give an event to the standard library, whose other handlers (Sentry's) may read it too.

    They look for an error in the record, not in the event.
    """
    return (Event(event),), {"exc_info": event.get("exc_info")}


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Renders our own events as they are, and those of other packages as structlog does.

    structlog itself would copy the record of each event and look up whose it is.
    """

    def __init__(self, *, renderers: Sequence[Processor], foreign: Sequence[Processor]) -> None:
        remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        super().__init__(processors=[remove_meta, *renderers], foreign_pre_chain=foreign)
        self._renderers = renderers

    def format(self, record: logging.LogRecord) -> str:
        if not isinstance(record.msg, Event):
            return super().format(record)
        line: Any = dict(record.msg)
        for render in self._renderers:
            line = render(None, record.levelname, line)
        return str(line)


class LineHandler(logging.Handler):
    """Writes each line by one call of the system, and holds no lock meanwhile.

    During such a call other threads run. The one that waits for its turn again would keep all who
    have something to log behind the lock of logging.StreamHandler: half of a worker's threads.
    In a pipe lines of up to 4,096 bytes stay whole (pipe(7), PIPE_BUF). A longer one may have
    another's in its middle if the pipe was full meanwhile, as always between processes.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._file = stream.fileno()

    def handle(self, record: logging.LogRecord) -> bool:
        # Not by `lock = None`: Python 3.13 enters the lock without a look at it.
        passes = bool(self.filter(record))
        if passes:
            self.emit(record)
        return passes

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                line = self._rest_of(line)
        except Exception:  # noqa: BLE001 - what the standard library's own handlers do
            self.handleError(record)

    def _rest_of(self, line: bytes) -> bytes:
        """Write what can be written; wait for a reader who is slow, also where a pipe does not."""
        try:
            return line[os.write(self._file, line) :]
        except BlockingIOError:
            select.select([], [self._file], [])
            return line
