"""`python -m tests.bench.api_server NAME PORT [BODY]`: one of the services that are compared, each
by the same uvicorn.

`api` is analytics-api without its stores, whose live figures change twice a second;
`query` is plain FastAPI with a query per request, `dictionary` the same without the query, and
`raw` an ASGI application that sends the bytes of the file BODY: no framework can do better.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from tests.bench import api_data

from analytics_api.app import create_app
from analytics_api.models import MaisVendidos, ProdutoNoRanking, Vendido
from analytics_api.routers.memory import Memory
from service_runtime.http_edge import http_edge
from service_runtime.http_server import collect_garbage_seldom, http_options
from service_runtime.settings import HttpSettings

PATH = "/produtos/mais_vendidos"
_CHANGES_EVERY = 0.5
_QUIET: dict[str, Any] = {"log_level": "error", "access_log": False, "ws": "none"}
_BY_PRODUCT = """
    SELECT id_produto, sum(unidades) AS total, sum(receita) AS receita,
        count(*) FILTER (unidades > 0) AS pedidos
    FROM (SELECT {} AS id_produto, id_pedido, sum(quantidade) AS unidades, sum(receita) AS receita
          FROM vendas WHERE dia BETWEEN ? AND ? GROUP BY ALL)
    GROUP BY ALL ORDER BY total DESC, receita DESC, id_produto LIMIT ?
"""
Loop = Callable[[], Awaitable[None]]


def api() -> tuple[ASGIApp, Loop]:
    """The whole application, and what refreshes its figures."""
    memory = api_data.memory()
    return http_edge(create_app(memory)), lambda: _change(memory)


async def _change(memory: Memory) -> None:
    for revision in count(1):
        await asyncio.sleep(_CHANGES_EVERY)
        api_data.confirm(memory.figures)
        memory.figures.window.merge([api_data.minute(revision)])
        memory.publish()


def query() -> tuple[ASGIApp, Loop]:
    """A query per request, in a thread, as FastAPI runs what is not `async`."""
    app, database = FastAPI(), api_data.table()

    @app.get(PATH)
    def mais_vendidos(inicio: date, fim: date, limite: int = 10) -> MaisVendidos:
        cursor = database.cursor()
        best = cursor.execute(_BY_PRODUCT.format("id_produto"), [inicio, fim, limite]).fetchall()
        [total] = cursor.execute(_BY_PRODUCT.format("''"), [inicio, fim, 1]).fetchall()
        return _answer(best, total)

    return app, _rest


def dictionary() -> tuple[ASGIApp, Loop]:
    """The same answer, known beforehand."""
    app, database = FastAPI(), api_data.table()
    period = [api_data.FIRST_DAY, date(2024, 1, 31)]
    best = database.execute(_BY_PRODUCT.format("id_produto"), [*period, 10]).fetchall()
    [total] = database.execute(_BY_PRODUCT.format("''"), [*period, 1]).fetchall()
    known = _answer(best, total).model_dump()

    @app.get(PATH)
    async def mais_vendidos(inicio: date, fim: date, limite: int = 10) -> MaisVendidos:
        assert (inicio, fim, limite) == (*period, 10)
        return MaisVendidos.model_validate(known)

    return app, _rest


def _answer(best: list[tuple[Any, ...]], total: tuple[Any, ...]) -> MaisVendidos:
    _, units, revenue, orders = total
    return MaisVendidos(
        itens=[
            ProdutoNoRanking(
                posicao=place, id_produto=name, total_vendido=n, receita=Decimal(r), pedidos=o
            )
            for place, (name, n, r, o) in enumerate(best, start=1)
        ],
        total=Vendido(total_vendido=units, receita=revenue, pedidos=orders),
        atualizado_em=api_data.COMMITTED_AT,
        degradado=[],
    )


def raw() -> tuple[ASGIApp, Loop]:
    """The bytes alone."""
    body = Path(sys.argv[3]).read_bytes()
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app, _rest


async def _rest() -> None:
    """Nothing goes on beside the requests."""


async def _serve(name: str, port: int) -> None:
    app, loop = {"api": api, "query": query, "dictionary": dictionary, "raw": raw}[name]()
    own: dict[str, Any] = {"port": port}
    if name == "api":
        own = http_options(HttpSettings(listen_port=port))
        collect_garbage_seldom()
    config = uvicorn.Config(app, lifespan="off", **_QUIET | own)
    async with asyncio.TaskGroup() as group:
        group.create_task(loop())  # type: ignore[arg-type]
        print(json.dumps({"port": port}), flush=True)
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
