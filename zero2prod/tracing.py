"""A span for each request, sent where OTEL_EXPORTER_OTLP_ENDPOINT says.

Other OTEL_ variables are the SDK's own: https://opentelemetry.io/docs/specs/otel/protocol/exporter/

Not OpenTelemetry's instrumentation of Django: its spans carry the address with its query, and here
that is a reader's token.
"""

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from zero2prod.telemetry import route

try:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    message = (
        "OTEL_EXPORTER_OTLP_ENDPOINT is set: `pip install -r requirements-telemetry.txt`, or "
        "unset it."
    )
    raise ImproperlyConfigured(message) from None


class TracingMiddleware:
    """Stands outermost, where the settings have it at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        provider = TracerProvider(resource=Resource.create({"service.name": "zero2prod"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = provider.get_tracer(__name__)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer inside a span that goes on with the caller's trace."""
        given = {"traceparent": request.headers.get("traceparent", "")}
        context = TraceContextTextMapPropagator().extract(given)
        method = request.method or ""
        with self._tracer.start_as_current_span(
            method, context, trace.SpanKind.SERVER, record_exception=False
        ) as span:
            response = self.get_response(request)
            pattern = route(request)
            span.update_name(f"{method} {pattern}".strip())
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", pattern)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= 500:
                span.set_status(trace.StatusCode.ERROR)
        return response
