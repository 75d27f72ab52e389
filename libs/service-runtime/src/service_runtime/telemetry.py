"""OpenTelemetry for one process, configured by the standard `OTEL_*` variables.

Traces, metrics and logs are sent by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set; with
`OTEL_LOGS_EXPORTER=none` logs are not, and they are on standard output in any case. With
`OTEL_METRICS_EXPORTER=prometheus` metrics are served by HTTP instead, on
`OTEL_EXPORTER_PROMETHEUS_HOST` (localhost) and `OTEL_EXPORTER_PROMETHEUS_PORT` (9464); each further
worker of a service uses the next port. Trace context is passed on in any case, so that a trace of a
caller continues behind this process.
"""

import os
from collections.abc import Sequence

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import PROCESS_PID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from prometheus_client import start_http_server

from service_runtime.counted_histogram import (
    CountedHistogram,
    CountingOtlpReader,
    CountingPrometheusReader,
)
from service_runtime.link_sampler import LinkSampler


def configure_telemetry(
    service: str, *, worker: int = 0, counted: Sequence[CountedHistogram] = ()
) -> None:
    """Call once in a process, after `configure_logging`; `counted` are its histograms that are not
    OpenTelemetry's own. Raises OSError where Prometheus' port is taken."""
    resource = Resource.create({SERVICE_NAME: service, PROCESS_PID: os.getpid()})
    trace.set_tracer_provider(_tracer_provider(resource))
    readers = _metric_readers(worker, counted)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=readers))
    if exports_traces() and os.environ.get("OTEL_LOGS_EXPORTER") != "none":
        # Only here, since its modules would take memory of processes that export nothing.
        from service_runtime.log_export import export_logs

        export_logs(resource)


def collects_metrics() -> bool:
    """Whether metrics are exported."""
    return _serves_prometheus() or exports_traces()


def exports_traces() -> bool:
    """Whether spans are exported."""
    return bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))


def _serves_prometheus() -> bool:
    return os.environ.get("OTEL_METRICS_EXPORTER") == "prometheus"


def _tracer_provider(resource: Resource) -> TracerProvider:
    if not exports_traces():
        return TracerProvider(resource=resource, sampler=ParentBased(ALWAYS_OFF))
    provider = TracerProvider(resource=resource)
    provider.sampler = LinkSampler(provider.sampler)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _metric_readers(worker: int, counted: Sequence[CountedHistogram]) -> list[MetricReader]:
    if _serves_prometheus():
        host = os.environ.get("OTEL_EXPORTER_PROMETHEUS_HOST", "localhost")
        port = int(os.environ.get("OTEL_EXPORTER_PROMETHEUS_PORT", "9464"))
        start_http_server(port + worker, host)
        return [CountingPrometheusReader(counted)]
    return [CountingOtlpReader(OTLPMetricExporter(), counted)] if exports_traces() else []
