"""HTTP answers as bytes and headers. A response object would cost more CPU than a small request."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from starlette.types import Send

from event_producer.refusal import RETRY_AFTER_SECONDS, RefusedError, UnavailableError
from event_producer.unavailable_log import UnavailableLog
from service_runtime.problem import PROBLEM_JSON, problem

_JSON: Final = "application/json"
_encode: Final = msgspec.json.Encoder().encode
_unavailable_log: Final = UnavailableLog()


class Answer(NamedTuple):
    """A status, a body, and the headers that go with them."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


def json_answer(status: int, document: Any, media_type: str = _JSON) -> Answer:
    """The document as JSON, with `Content-Type` and `Content-Length`."""
    body = _encode(document)
    headers = [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]
    return Answer(status, body, headers)


def problem_answer(
    status: int, title: str, detail: str, headers: Mapping[str, str], **members: Any
) -> Answer:
    """A problem document (RFC 9457)."""
    document = problem(status, title, detail=detail, **members)
    answer = json_answer(status, document, PROBLEM_JSON)
    answer.headers.extend((name.lower().encode(), text.encode()) for name, text in headers.items())
    return answer


def refused(error: RefusedError) -> Answer:
    """The problem document of a request that must not be sent again unchanged."""
    return problem_answer(error.status, error.title, error.detail, error.headers, **error.members)


def unavailable(error: UnavailableError) -> Answer:
    """The problem document of a request to send again: 503 with `Retry-After`. It is logged."""
    _unavailable_log.add(error)
    wait = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_answer(503, "Unavailable", str(error), wait)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send status, headers and body as ASGI messages."""
    status, body, headers = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
