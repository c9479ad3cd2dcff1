"""OpenTelemetry traces: a span a call, with the rpc.* names and nothing of charts, callers or request ids.

Optional (`pip install chartcoder[traces]`); where spans go is said by OpenTelemetry's own variables, such as
OTEL_EXPORTER_OTLP_ENDPOINT. A span continues the trace that the caller names in `traceparent`.
"""

import threading
from collections.abc import Iterable
from typing import Any

from engine.errors import ConfigError
from engine.server.calls import Call

# From this status on a span is an error of ours (OpenTelemetry's semantic conventions for gRPC servers).
_OUR_ERRORS = ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
CLOSE_S = 2.0
_PARENTS = ("traceparent", "tracestate")


class Traces:
    """Makes the span of a call when it has ended; spans leave in a thread of their own."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._provider = provider
        self._tracer = provider.get_tracer("chartcoder")
        self._parents = TraceContextTextMapPropagator()

    @classmethod
    def open(cls) -> "Traces":
        """Open what the environment describes; raises ConfigError if the optional packages are not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise ConfigError(
                "traces: got true without OpenTelemetry, want `pip install chartcoder[traces]`", field="traces"
            ) from None
        provider = TracerProvider(resource=Resource.create({"service.name": "chartcoder"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return cls(provider)

    def note_call(
        self,
        call: Call,
        metadata: Iterable[tuple[str, str | bytes]],
        code: int,
        name: str,
        *,
        began_ns: int,
        ended_ns: int,
    ) -> None:
        """Make the span of a call that ended with a status."""
        carrier = {key: value for key, value in metadata if key in _PARENTS and isinstance(value, str)}
        service, _, method = call.method.lstrip("/").rpartition("/")
        span = self._tracer.start_span(
            f"{service}/{method}",
            context=self._parents.extract(carrier) if carrier else None,
            kind=self._trace.SpanKind.SERVER,
            start_time=began_ns,
            attributes={
                "rpc.system": "grpc",
                "rpc.service": service,
                "rpc.method": method,
                "rpc.grpc.status_code": code,
                **{f"chartcoder.{key}": amount for key, amount in call.counts.items()},
            },
        )
        if name in _OUR_ERRORS:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(end_time=ended_ns)

    def close(self) -> None:
        """Send what is left; gives up on a collector that does not take it in CLOSE_S. Blocks."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True, name="traces")
        closing.start()
        closing.join(CLOSE_S)
