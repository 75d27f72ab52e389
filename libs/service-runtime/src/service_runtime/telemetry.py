"""OpenTelemetry for one process, configured by the standard `OTEL_*` variables.

Traces and metrics are sent by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set. With
`OTEL_METRICS_EXPORTER=prometheus` metrics are served by HTTP instead, on
`OTEL_EXPORTER_PROMETHEUS_HOST` (localhost) and `OTEL_EXPORTER_PROMETHEUS_PORT` (9464); each further
worker of a service uses the next port. Trace context is passed on in any case, so that a trace of a
caller continues behind this process.
"""

import os

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import PROCESS_PID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from prometheus_client import start_http_server


def configure_telemetry(service: str, *, worker: int = 0) -> None:
    """Call once, first thing in a process. Raises OSError where Prometheus' port is taken."""
    exporting = exports_traces()
    resource = Resource.create({SERVICE_NAME: service, PROCESS_PID: os.getpid()})
    sampler = None if exporting else ParentBased(ALWAYS_OFF)
    tracer_provider = TracerProvider(resource=resource, sampler=sampler)
    if exporting:
        tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracer_provider)
    metrics.set_meter_provider(
        MeterProvider(resource=resource, metric_readers=_metric_readers(worker))
    )


def collects_metrics() -> bool:
    """Whether metrics are exported."""
    return _serves_prometheus() or exports_traces()


def exports_traces() -> bool:
    """Whether spans are exported."""
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def _serves_prometheus() -> bool:
    return os.environ.get("OTEL_METRICS_EXPORTER") == "prometheus"


def _metric_readers(worker: int) -> list[MetricReader]:
    if _serves_prometheus():
        host = os.environ.get("OTEL_EXPORTER_PROMETHEUS_HOST", "localhost")
        port = int(os.environ.get("OTEL_EXPORTER_PROMETHEUS_PORT", "9464"))
        start_http_server(port + worker, host)
        return [PrometheusMetricReader()]
    return [PeriodicExportingMetricReader(OTLPMetricExporter())] if exports_traces() else []
