"""JSON logs on standard output, one object a line: `time`, `level`, `logger`, `message`.

Whatever is passed as `extra={...}` stands beside them. Never pass personal data (ids of users,
event bodies); ids of offsets, partitions, requests and traces are what a reader needs.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from opentelemetry import trace

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the present request, if there is one."""


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON, with the trace and the request it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            entry["trace_id"] = format(span.trace_id, "032x")
        entry |= details_of(record)
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json_text(entry)


def details_of(record: logging.LogRecord) -> dict[str, object]:
    """The request it belongs to, if there is one, and its `extra`."""
    asked = request_id.get()
    found: dict[str, object] = {"request_id": asked} if asked else {}
    return found | {k: v for k, v in vars(record).items() if k not in _STANDARD}


def json_text(value: object) -> str:
    """As JSON; what JSON has no form for as its text."""
    return json.dumps(value, default=str, ensure_ascii=False)


def configure_logging(level: str) -> None:
    """Send every logger of this process, uvicorn's too, through the JSON formatter."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    logging.getLogger("py4j").setLevel(logging.WARNING)
