"""How events are written: one JSON object a line in production, readable lines locally."""

import logging.config
import os
import sys
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from zero2prod.log_lines import LineFormatter, LineHandler, hand_over


def configure(*, json: bool) -> None:
    """Send the events of structlog and of the standard library through one formatter."""
    timestamp = structlog.processors.TimeStamper(
        fmt="iso" if json else "%H:%M:%S", utc=json, key="time" if json else "timestamp"
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        timestamp,
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, hand_over],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": LineFormatter,
        "foreign": shared,
        "renderers": _as_json() if json else _as_text(),
    }
    # Lines for people stand between what commands print, in its order.
    handler = {
        "()": LineHandler if json else logging.StreamHandler,
        "formatter": "events",
        "stream": _stream(),
    }
    faults = {
        "()": "django.utils.log.CallbackFilter",
        "callback": lambda record: bool(record.exc_info) and record.levelno >= logging.ERROR,
    }
    _forget_origins()
    logging.captureWarnings(capture=True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"events": formatter},
            "handlers": {"events": handler},
            "root": {"handlers": ["events"], "level": "INFO"},
            # A request's one line is written by zero2prod/telemetry.py; of our faults Django adds
            # the traceback. That of a visitor's mistake would have what he sent.
            "filters": {"faults": faults},
            # django-axes logs names as they were typed; zero2prod/staff/audit.py says what counts.
            "loggers": {"django.request": {"filters": ["faults"]}, "axes": {"level": "ERROR"}},
        }
    )


def _stream() -> TextIO:
    """Return stdout for the services. That of any other command is its answer, maybe a file.

    Whoever started the process may have closed either.
    """
    program, *words = sys.argv
    is_command = Path(program).name == "manage.py" and words[:1] not in (["deliver"], ["up"])
    wanted: TextIO | None = sys.stderr if is_command else sys.stdout
    return wanted or sys.__stderr__ or Path(os.devnull).open("w")


def _forget_origins() -> None:
    """No line says where in the code it is from, or in which thread: to look that up is costly.

    https://docs.python.org/3/howto/logging.html#optimization
    """
    logging._srcfile = None  # noqa: SLF001
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def _as_json() -> list[Processor]:
    return [
        structlog.processors.format_exc_info,
        _with_contract_names,
        structlog.processors.JSONRenderer(default=str),
    ]


def _as_text() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(colors=_stream().isatty())]


def _with_contract_names(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put first, and name, what every line has: time, level, name, message."""
    head = {
        "time": event.pop("time"),
        "level": event.pop("level"),
        "name": event.pop("logger"),
        "message": event.pop("event"),
    }
    return {**head, **event, **head}
