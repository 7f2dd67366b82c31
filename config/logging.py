"""How events are written: one JSON object a line in production, readable lines locally."""

import logging.config
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def configure(*, json: bool) -> None:
    """Send the events of structlog and of the standard library through one formatter to stdout."""
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
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *(_as_json() if json else _as_text()),
        ],
    }
    stdout = {
        "class": "logging.StreamHandler",
        "formatter": "events",
        "stream": "ext://sys.stdout",
    }
    exceptions = {
        "()": "django.utils.log.CallbackFilter",
        "callback": lambda record: bool(record.exc_info),
    }
    _forget_origins()
    logging.captureWarnings(capture=True)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"events": formatter},
            "handlers": {"stdout": stdout},
            "root": {"handlers": ["stdout"], "level": "INFO"},
            # A request's one line is written by zero2prod/telemetry.py; Django's has a traceback.
            "filters": {"exceptions": exceptions},
            # django-axes logs names as they were typed; zero2prod/staff/audit.py says what counts.
            "loggers": {"django.request": {"filters": ["exceptions"]}, "axes": {"level": "ERROR"}},
        }
    )


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
    return [structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())]


def _with_contract_names(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put first, and name, what every line has: time, level, name, message."""
    head = {
        "time": event.pop("time"),
        "level": event.pop("level"),
        "name": event.pop("logger"),
        "message": event.pop("event"),
    }
    return {**head, **event, **head}
