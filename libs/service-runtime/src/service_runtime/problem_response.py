"""Problem documents as responses of Starlette."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from service_runtime.problem import PROBLEM_JSON, problem


def problem_response(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """A problem document whose title is the phrase of its status."""
    document = problem(status, HTTPStatus(status).phrase, detail=detail, **members)
    return Response(msgspec.json.encode(document), status, headers=headers, media_type=PROBLEM_JSON)
