"""A route whose every parameter is asked for once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from service_runtime.query import repeated_parameters, without_trackers

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """Leaves out what trackers add to a URL, and refuses a parameter that is given twice, of
    which FastAPI would take the last. That there is no such parameter, its model says."""

    def get_route_handler(self) -> Handler:
        """FastAPI's own behind this check."""
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
