"""What is answered to a request that is not taken: problem documents."""

from typing import Any, Final

import msgspec
from starlette.responses import Response

from event_producer.refusal import RETRY_AFTER_SECONDS, RefusedError, UnavailableError
from service_runtime.problem import PROBLEM_JSON, problem

encode: Final = msgspec.json.Encoder().encode


def problem_response(
    status: int, title: str, detail: str, headers: Any = None, **members: Any
) -> Response:
    document = problem(status, title, detail=detail, **members)
    return Response(encode(document), status, headers=headers, media_type=PROBLEM_JSON)


def refused(error: RefusedError) -> Response:
    return problem_response(error.status, error.title, error.detail, error.headers, **error.members)


def unavailable(error: UnavailableError) -> Response:
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_response(503, "Unavailable", str(error), headers)
