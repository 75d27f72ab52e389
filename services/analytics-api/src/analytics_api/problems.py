"""Errors as problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from service_runtime.problem import PROBLEM_JSON
from service_runtime.problem_response import problem_response


class ErroDeCampo(BaseModel):
    """A wrong parameter; `campo` is null if several are wrong in combination."""

    campo: str | None
    detalhe: str


class Problema(BaseModel):
    """RFC 9457; `erros` names each bad parameter of a 422."""

    title: str
    status: int
    detail: str
    erros: list[ErroDeCampo] = []


class BadParameterError(Exception):
    """A parameter that only the code that answers can judge."""

    def __init__(self, campo: str, detalhe: str) -> None:
        super().__init__(detalhe)
        self.campo = campo
        self.detalhe = detalhe


class NotAcceptableError(Exception):
    """The client accepts none of the media types of an answer."""

    def __init__(self, forms: Sequence[str]) -> None:
        super().__init__(f"to be had as {', '.join(forms)}")


class UnknownError(Exception):
    """What was asked for is not there."""


class UnauthorizedError(Exception):
    """A credential is missing or wrong."""


class ForbiddenError(Exception):
    """Nobody may have this answer here."""


class NotReadyError(Exception):
    """There is no answer yet, not even an old one; try again soon."""


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may answer with these problems."""
    schema = {"schema": {"$ref": "#/components/schemas/Problema"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: schema}}
        for status in statuses
    }


def install_problems(app: FastAPI) -> None:
    """Install the handlers of every kind of error."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(BadParameterError, _bad_parameter)
    app.add_exception_handler(NotAcceptableError, _not_acceptable)
    app.add_exception_handler(UnknownError, _unknown)
    app.add_exception_handler(UnauthorizedError, _unauthorized)
    app.add_exception_handler(ForbiddenError, _forbidden)
    app.add_exception_handler(NotReadyError, _not_ready)
    app.add_exception_handler(Exception, _unexpected)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    details = {
        404: f"{request.url.path} does not exist",
        405: f"{request.method} is not allowed here",
    }
    detail = details.get(error.status_code, str(error.detail))
    return problem_response(error.status_code, detail, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    return _unprocessable([(_field(e["loc"]), _reason(e)) for e in found])


async def _bad_parameter(_: Request, error: Exception) -> Response:
    if not isinstance(error, BadParameterError):
        raise error
    return _unprocessable([(error.campo, error.detalhe)])


def _unprocessable(wrong: list[tuple[str | None, str]]) -> Response:
    named = ", ".join(sorted({field for field, _ in wrong if field})) or "the parameters together"
    errors = [{"campo": field, "detalhe": detail} for field, detail in wrong]
    return problem_response(422, f"not acceptable: {named}", erros=errors)


def _field(location: tuple[str | int, ...]) -> str | None:
    return ".".join(map(str, location[1:])) or None


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such parameter"
    return str(error["msg"]).removeprefix("Value error, ")


async def _not_acceptable(_: Request, error: Exception) -> Response:
    return problem_response(406, str(error), headers={"Vary": "Accept"})


async def _unknown(_: Request, error: Exception) -> Response:
    return problem_response(404, str(error))


async def _unauthorized(_: Request, error: Exception) -> Response:
    return problem_response(401, str(error), headers={"WWW-Authenticate": "Bearer"})


async def _forbidden(_: Request, error: Exception) -> Response:
    return problem_response(403, str(error))


async def _not_ready(_: Request, error: Exception) -> Response:
    return problem_response(503, str(error), headers={"Retry-After": "1"})


async def _unexpected(_: Request, __: Exception) -> Response:
    return problem_response(500, "an error of ours, which has been logged")
