"""The stock API of the shop: one for each stock location, with faults on demand."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service_runtime.problem_response import problem_response
from shop_simulator.stock import LevelPage, Stock, StockLocation
from shop_simulator.stock_faults import (
    SLOW_SECONDS,
    Falha,
    FaultOrder,
    FaultQueue,
    repeated,
    with_false_levels,
)

MAX_LEVELS: Final = 1000
"""The most levels of one answer, and as many as one without `limite` has."""
_JSON: Final = "application/json"
_MOST_DIGITS: Final = 18


class StockApi:
    """Serves the levels of all locations; cursors of another `run` are refused with 410."""

    def __init__(self, stock: Stock, *, run: str) -> None:
        self._stock = stock
        self._run = run
        self._faults = {id_armazem: FaultQueue() for id_armazem in stock.locations}

    def routes(self) -> list[Route]:
        """`GET …/estoque` reads, `POST …/falhas` orders a fault, `GET …/falhas` says for how many
        answers some are still ordered."""
        path = "/armazens/{id_armazem}"
        return [
            Route(f"{path}/estoque", self._of_location(self._levels)),
            Route(f"{path}/falhas", self._of_location(self._order_fault), methods=["POST"]),
            Route(f"{path}/falhas", self._of_location(self._count_faults)),
        ]

    def _of_location(
        self, endpoint: Callable[[Request, StockLocation], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            location = self._stock.locations.get(request.path_params["id_armazem"])
            if location is None:
                return problem_response(HTTPStatus.NOT_FOUND, "no such stock location")
            return await endpoint(request, location)

        return answer

    async def _order_fault(self, request: Request, location: StockLocation) -> Response:
        try:
            order = msgspec.json.decode(await request.body(), type=FaultOrder)
            self._faults[location.id_armazem].order(order)
        except (msgspec.MsgspecError, ValueError) as error:
            return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _count_faults(self, _: Request, location: StockLocation) -> Response:
        document = {"respostas": len(self._faults[location.id_armazem])}
        return Response(msgspec.json.encode(document), media_type=_JSON)

    async def _levels(self, request: Request, location: StockLocation) -> Response:
        cursor, limit = request.query_params.get("cursor") or None, _limit_of(request)
        after = self._number_of(cursor)
        if limit is None:
            return problem_response(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"limite: expected 1 to {MAX_LEVELS}"
            )
        if after is None:
            return problem_response(HTTPStatus.GONE, "unknown cursor: begin without one")
        document = self._document(location, location.page(after=after, limit=limit))
        fault = self._faults[location.id_armazem].next()
        if fault is None:
            return _conditional(request, document)
        return await _faulty(fault, request, document, cursor=cursor)

    def _number_of(self, cursor: str | None) -> int | None:
        """The number after which to go on; None if the cursor is not of this run."""
        run, _, number = (cursor or f"{self._run}-0").rpartition("-")
        is_number = number.isdecimal() and len(number) <= _MOST_DIGITS
        return int(number) if run == self._run and is_number else None

    def _document(self, location: StockLocation, page: LevelPage) -> dict[str, Any]:
        return {
            "estoque": [
                {
                    "id_produto": level.id_produto,
                    "nivel_estoque": level.units,
                    "ultima_atualizacao": level.moment.isoformat(),
                    "id_armazem": location.id_armazem,
                }
                for level in page.levels
            ],
            "proximo": f"{self._run}-{page.last}",
            "mais": page.more,
        }


def _limit_of(request: Request) -> int | None:
    text = request.query_params.get("limite", str(MAX_LEVELS))
    is_number = text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number and 1 <= int(text) <= MAX_LEVELS else None


def _conditional(request: Request, document: dict[str, Any]) -> Response:
    """200, or 304 where the reader has the same already."""
    body = msgspec.json.encode(document)
    headers = {"ETag": f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, media_type=_JSON, headers=headers)


async def _faulty(
    fault: Falha, request: Request, document: dict[str, Any], *, cursor: str | None
) -> Response:
    match fault:
        case Falha.LENTA:
            await asyncio.sleep(SLOW_SECONDS)
            return _conditional(request, document)
        case Falha.REPETIDA:
            return _conditional(request, repeated(document, cursor=cursor))
        case Falha.MENTIRA:
            return _conditional(request, with_false_levels(document, now=datetime.now(UTC)))
    return _broken(fault, msgspec.json.encode(document))


def _broken(fault: Falha, body: bytes) -> Response:
    match fault:
        case Falha.LIMITE:
            response = problem_response(HTTPStatus.TOO_MANY_REQUESTS, "injected")
            response.headers["Retry-After"] = "1"
            return response
        case Falha.HTML:
            return Response("<!doctype html><title>Manutenção</title>", media_type="text/html")
        case Falha.TRUNCADA:
            return Response(body[: len(body) // 2], media_type=_JSON)
        case Falha.FORA:
            return Response(body[:-1], headers={"Content-Length": str(len(body))}, media_type=_JSON)
    return problem_response(HTTPStatus.INTERNAL_SERVER_ERROR, "injected")
