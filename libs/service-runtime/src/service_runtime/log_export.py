"""Log records by OTLP, with the same fields as on standard output.

The SDK's own handler is deprecated, and its successor stands in a package of contrib.
"""

import logging
from typing import Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import get_current
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from service_runtime.logging import details_of, json_text

_EXPORTERS_OWN: Final = ("opentelemetry", "urllib3")
"""Loggers whose records stay on standard output: sending them would make further ones."""

_SEVERITIES: Final = {
    logging.DEBUG: SeverityNumber.DEBUG,
    logging.INFO: SeverityNumber.INFO,
    logging.WARNING: SeverityNumber.WARN,
    logging.ERROR: SeverityNumber.ERROR,
    logging.CRITICAL: SeverityNumber.FATAL,
}


class ExportHandler(logging.Handler):
    """Passes records to OpenTelemetry, each with the span that is current."""

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        """Returns at once: records are sent in a thread of the provider's own."""
        if record.name.split(".", 1)[0] in _EXPORTERS_OWN:
            return
        try:
            self._provider.get_logger(record.name).emit(_exported(record))
        except Exception:  # as every handler: a log line never fails what it tells of
            self.handleError(record)


def export_logs(resource: Resource) -> None:
    """Send what the root logger gets. `configure_logging` comes first: it takes handlers away."""
    provider = LoggerProvider(resource)
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logging.getLogger().addHandler(ExportHandler(provider))


def _exported(record: logging.LogRecord) -> LogRecord:
    return LogRecord(
        timestamp=int(record.created * 1e9),
        context=get_current(),
        severity_text=record.levelname,
        severity_number=_SEVERITIES.get(record.levelno, SeverityNumber.UNSPECIFIED),
        body=record.getMessage(),
        attributes={name: _attribute(value) for name, value in details_of(record).items()},
        exception=record.exc_info[1] if record.exc_info else None,
    )


def _attribute(value: object) -> str | bool | int | float:
    return value if isinstance(value, str | bool | int | float) else json_text(value)
