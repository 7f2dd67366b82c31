"""Errors, reported to Sentry where SENTRY_DSN says so: where it broke, and nothing of whom.

A report is made anew of what is known to be harmless, not cleaned of what is known to be private:
requests, local variables and even the text of an exception hold addresses and tokens.
https://docs.sentry.io/platforms/python/
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

_KEPT = ("event_id", "timestamp", "level", "platform", "environment", "transaction", "logger")
_KEPT_OF_FRAMES = ("filename", "abs_path", "function", "module", "lineno", "in_app")


def start(dsn: str, environment: str) -> None:
    """Report from now on; raise ImproperlyConfigured where the package is missing."""
    try:
        import sentry_sdk  # noqa: PLC0415 - most installations do without
        from sentry_sdk.integrations.django import DjangoIntegration  # noqa: PLC0415
        from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415
    except ImportError:
        sentence = "SENTRY_DSN is set: `pip install -r requirements-telemetry.txt`, or unset it."
        raise ImproperlyConfigured(sentence) from None
    sentry_sdk.init(
        dsn,
        environment=environment,
        before_send=harmless,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(transaction_style="url"), LoggingIntegration()],
    )


def harmless(event: Any, hint: dict[str, Any]) -> Any:
    """Return the report of an event: its place in the code, its route, its name."""
    report = {key: event[key] for key in _KEPT if key in event}
    record = hint.get("log_record")
    if record is not None and isinstance(record.msg, dict):
        report["message"] = str(record.msg.get("event", ""))
    values = event.get("exception", {}).get("values", ())
    if values:
        report["exception"] = {"values": [_place(value) for value in values]}
    return report


def _place(exception: dict[str, Any]) -> dict[str, Any]:
    frames = (exception.get("stacktrace") or {}).get("frames") or []
    kept = [{key: frame[key] for key in _KEPT_OF_FRAMES if key in frame} for frame in frames]
    return {
        "type": exception.get("type"),
        "module": exception.get("module"),
        "stacktrace": {"frames": kept},
    }
