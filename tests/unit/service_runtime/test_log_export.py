"""Log records as OpenTelemetry gets them."""

import logging
from collections.abc import Iterator

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider

from service_runtime.log_export import ExportHandler
from service_runtime.logging import request_id


@pytest.fixture
def exporter() -> InMemoryLogRecordExporter:
    return InMemoryLogRecordExporter()


@pytest.fixture
def logger(exporter: InMemoryLogRecordExporter) -> Iterator[logging.Logger]:
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    handler = ExportHandler(provider)
    root = logging.getLogger()
    root.addHandler(handler)
    yield logging.getLogger("shop")
    root.removeHandler(handler)


def test_a_record_has_its_extra_its_request_and_its_trace(
    logger: logging.Logger, exporter: InMemoryLogRecordExporter
) -> None:
    token = request_id.set("r1")
    with TracerProvider().get_tracer("t").start_as_current_span("s") as span:
        logger.error("lost %d", 3, extra={"partition": 1, "offsets": {"a": {0: 5}}, "why": None})
    request_id.reset(token)
    [found] = exporter.get_finished_logs()
    record = found.log_record
    assert (record.body, record.severity_text) == ("lost 3", "ERROR")
    assert record.severity_number is not None
    assert record.severity_number.name == "ERROR"
    assert record.trace_id == span.get_span_context().trace_id
    assert dict(record.attributes or {}) == {
        "request_id": "r1",
        "partition": 1,
        "offsets": '{"a": {"0": 5}}',
        "why": "null",
    }
    assert found.instrumentation_scope is not None
    assert found.instrumentation_scope.name == "shop"


def test_an_exception_comes_with_its_stack(
    logger: logging.Logger, exporter: InMemoryLogRecordExporter
) -> None:
    try:
        raise ValueError("bad")
    except ValueError:
        logger.exception("failed")
    [found] = exporter.get_finished_logs()
    attributes = found.log_record.attributes or {}
    assert (attributes["exception.type"], attributes["exception.message"]) == ("ValueError", "bad")
    assert "test_log_export.py" in str(attributes["exception.stacktrace"])


@pytest.mark.parametrize("name", ["opentelemetry.sdk", "urllib3.connectionpool"])
def test_what_the_exporter_itself_logs_is_not_exported(
    name: str, logger: logging.Logger, exporter: InMemoryLogRecordExporter
) -> None:
    logging.getLogger(name).error("no route")
    logger.error("lost")
    assert [found.log_record.body for found in exporter.get_finished_logs()] == ["lost"]


def test_a_record_that_cannot_be_written_harms_nobody(
    logger: logging.Logger,
    exporter: InMemoryLogRecordExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logger.error("lost %d", "three")
    assert exporter.get_finished_logs() == ()
