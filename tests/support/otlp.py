"""A small OTLP receiver (HTTP with protobuf): keeps the spans, metrics and logs that it is sent."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from vitrine_local.settings import HOST

_REQUESTS: Final[dict[str, type[Message]]] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}
AT_ONCE: Final = {
    "OTEL_BSP_SCHEDULE_DELAY": "200",
    "OTEL_BLRP_SCHEDULE_DELAY": "200",
    "OTEL_METRIC_EXPORT_INTERVAL": "500",
}
"""Settings of a process that sends soon what it has."""


@dataclass
class Received:
    """What came, in the order in which it came; each with the service that sent it."""

    url: str
    spans: list[tuple[str, Span]] = field(default_factory=list)
    metrics: list[tuple[str, Metric]] = field(default_factory=list)
    logs: list[tuple[str, LogRecord]] = field(default_factory=list)

    def spans_of(self, service: str) -> list[Span]:
        return [span for name, span in self.spans if name == service]

    def logs_of(self, service: str) -> list[LogRecord]:
        return [record for name, record in self.logs if name == service]

    def newest(self, service: str, metric: str) -> Metric | None:
        """The newest state of one metric."""
        found = [each for name, each in self.metrics if (name, each.name) == (service, metric)]
        return found[-1] if found else None

    def take(self, path: str, body: bytes) -> None:
        """Keep what one request holds."""
        request = _REQUESTS[path].FromString(body)
        match request:
            case ExportTraceServiceRequest():
                for each in request.resource_spans:
                    service = _service(each.resource.attributes)
                    self.spans += [(service, s) for scope in each.scope_spans for s in scope.spans]
            case ExportMetricsServiceRequest():
                for each in request.resource_metrics:
                    service = _service(each.resource.attributes)
                    self.metrics += [
                        (service, metric)
                        for scope in each.scope_metrics
                        for metric in scope.metrics
                    ]
            case ExportLogsServiceRequest():
                for each in request.resource_logs:
                    service = _service(each.resource.attributes)
                    self.logs += [
                        (service, record)
                        for scope in each.scope_logs
                        for record in scope.log_records
                    ]


@contextmanager
def otlp_receiver() -> Iterator[Received]:
    """Listens while the context is open."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        received = Received(f"http://{HOST}:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield received
        server.shutdown()
        thread.join()


def attributes(pairs: Iterable[KeyValue]) -> dict[str, str | int | float | bool]:
    """As a mapping; every value is a plain one."""
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in pairs
    }


def _service(pairs: Iterable[KeyValue]) -> str:
    return str(attributes(pairs)["service.name"])
