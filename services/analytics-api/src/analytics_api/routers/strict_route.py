"""A route that refuses repeated query parameters."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from service_runtime.query import repeated_parameters, without_trackers

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """Drops the parameters that trackers add to a URL, and refuses a repeated parameter, of which
    FastAPI would take the last. The models refuse unknown parameters."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler with this check before it."""
        answer = super().get_route_handler()

        async def answer_once(request: Request) -> Response:
            if request.scope["query_string"]:
                _check(request)
            return await answer(request)

        return answer_once


def _check(request: Request) -> None:
    query_string = request.scope["query_string"]
    if repeated := repeated_parameters(query_string):
        raise RequestValidationError([_error(name) for name in repeated])
    request.scope["query_string"] = without_trackers(query_string)


def _error(name: str) -> dict[str, Any]:
    return {"type": "repeated", "loc": ("query", name), "msg": "given more than once"}
