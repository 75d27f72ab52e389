"""OpenTelemetry for one process: traces and metrics go out by OTLP where an endpoint is named.

Without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing is recorded or exported, yet trace context is still
made and passed on, so that a trace begun by a caller survives this process.
"""

import os

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased


def configure_telemetry(service: str) -> None:
    """Call once, first thing in `main`."""
    exporting = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    resource = Resource.create({SERVICE_NAME: service})
    sampler = None if exporting else ParentBased(ALWAYS_OFF)
    tracer_provider = TracerProvider(resource=resource, sampler=sampler)
    if exporting:
        tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(tracer_provider)
    readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if exporting else []
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=readers))
