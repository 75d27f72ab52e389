"""`/estoque` and `/estoque/{id_produto}`."""

from collections.abc import Callable, Hashable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.problems import BadParameterError, declared
from analytics_api.reports import AsOf, CursorError, decode_cursor
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import Pagina, SemParametros
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.stock_models import Estoque, EstoqueDeUmProduto
from analytics_api.stock_report import StockFigures

_LINK: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "Link": {
                "description": 'The next page, `rel="next"`; absent on the last one',
                "schema": {"type": "string"},
            }
        }
    }
}
router = APIRouter(
    prefix="/estoque", tags=["estoque"], responses=declared(422, 503), route_class=StrictRoute
)
Make = Callable[[StockFigures, AsOf], EncodedAnswer]


@router.get("", response_model=Estoque, responses=_LINK)
async def estoque(
    request: Request, pagina: Annotated[Pagina, Query()], memory: FromMemory
) -> Response:
    """The latest level of every product that a stock location has reported, by `id_produto`, how
    fast it sells and how long it lasts; and when each stock location was last heard of."""
    try:
        after = decode_cursor(pagina.cursor) if pagina.cursor else ""
    except CursorError as error:
        raise BadParameterError("cursor", str(error)) from error

    def make(figures: StockFigures, as_of: AsOf) -> EncodedAnswer:
        page = figures.page(as_of, limite=pagina.limite, after=after)
        headers = {}
        if page.proximo_cursor:
            query = urlencode({"limite": pagina.limite, "cursor": page.proximo_cursor})
            headers["Link"] = f'<?{query}>; rel="next"'
        return EncodedAnswer.of(page.model_dump_json().encode(), headers=headers)

    return _answer(request, memory, (after, pagina.limite), make)


@router.get("/{id_produto:path}", response_model=EstoqueDeUmProduto, responses=declared(404))
async def estoque_do_produto(
    request: Request,
    id_produto: Annotated[str, Path(min_length=1, max_length=128)],
    _: Annotated[SemParametros, Query()],
    memory: FromMemory,
) -> Response:
    """The same of one product; 404 if no stock location has reported it."""
    if id_produto not in memory.loaded(memory.figures.warehouse).figures.stock.products:
        raise HTTPException(404)

    def make(figures: StockFigures, as_of: AsOf) -> EncodedAnswer:
        answer = figures.product(id_produto, as_of)
        assert answer is not None
        return EncodedAnswer.of(answer.model_dump_json().encode())

    return _answer(request, memory, id_produto, make)


def _answer(request: Request, memory: Memory, asked: Hashable, make: Make) -> Response:
    """From the figures of this minute, kept until the minute is over or the stock changes."""
    figures = memory.loaded(memory.figures.warehouse).figures
    minute = memory.clock().replace(second=0, microsecond=0)
    degraded = memory.degraded_sales()
    question, version = ("estoque", asked), (figures.sales_version, minute, *degraded)
    answer = memory.answers.known(question, version)
    if answer is None:
        as_of = AsOf(figures.last_stock_commit, degraded)
        made = make(StockFigures(figures.stock, figures.pace, minute), as_of)
        answer = memory.answers.put(question, version, made)
    return respond(request, answer, age=memory.age(memory.figures.warehouse))
