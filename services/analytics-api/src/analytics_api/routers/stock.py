"""`/estoque`, `/estoque/alertas` and `/estoque/{id_produto}`."""

from collections.abc import Callable, Hashable
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Path, Query, Request, Response
from starlette.exceptions import HTTPException

from analytics_api.answers import EncodedAnswer
from analytics_api.figures import and_away
from analytics_api.lost_sales import LostSales
from analytics_api.models import Degradado
from analytics_api.problems import declared
from analytics_api.reports import AsOf
from analytics_api.routers.kept_answer import kept_answer, made_answer
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import LINK, PaginaDoEstoque, SemParametros
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.stock_models import AlertasEstoque, Estoque, EstoqueDeUmProduto
from analytics_api.stock_report import StockFigures

router = APIRouter(
    prefix="/estoque", tags=["estoque"], responses=declared(422, 503), route_class=StrictRoute
)
Make = Callable[[StockFigures, AsOf, LostSales | None], EncodedAnswer]


@router.get("", response_model=Estoque, responses={200: {"headers": LINK}})
async def estoque(
    request: Request, pagina: Annotated[PaginaDoEstoque, Query()], memory: FromMemory
) -> Response:
    """The latest level of every product that a stock location has reported, by `id_produto`, how
    fast it sells and how long it lasts; and when each stock location was last heard of."""
    after = pagina.after()

    def make(figures: StockFigures, as_of: AsOf, _: LostSales | None) -> EncodedAnswer:
        page = figures.page(
            as_of,
            limite=pagina.limite,
            after=after,
            product=pagina.id_produto,
            dias_ate=pagina.dias_ate,
        )
        headers = pagina.link_to(page.proximo_cursor)
        return EncodedAnswer.of(page.model_dump_json().encode(), headers=headers)

    return await _answer(request, memory, tuple(vars(pagina).values()), make)


@router.get("/alertas", response_model=AlertasEstoque)
async def alertas(
    request: Request, _: Annotated[SemParametros, Query()], memory: FromMemory
) -> Response:
    """The alerts on products that are sold out or will be soon, and the last that closed."""
    figures = memory.loaded(memory.figures.alert_store).figures

    def degraded() -> list[Degradado]:
        return and_away(figures.degraded(memory.clock()), figures.alert_store)

    def version() -> tuple[object, ...]:
        return (figures.alerts_version, figures.history.version, *degraded())

    def make() -> str:
        found, named = figures.alerts, figures.history.catalogue.named
        return AlertasEstoque(
            avaliado_em=found.looked_at,
            abertos=named(found.open),
            encerrados=named(found.closed),
            degradado=degraded(),
        ).model_dump_json()

    return kept_answer(request, memory, version, make, figures.alert_store)


@router.get("/{id_produto:path}", response_model=EstoqueDeUmProduto, responses=declared(404))
async def estoque_do_produto(
    request: Request,
    id_produto: Annotated[str, Path(min_length=1, max_length=128)],
    _: Annotated[SemParametros, Query()],
    memory: FromMemory,
) -> Response:
    """The same of one product, with an estimate of the sales that were lost while it was out of
    stock; 404 if no stock location has reported it."""
    if id_produto not in memory.loaded(memory.figures.warehouse).figures.stock:
        raise HTTPException(404)

    def lost_sales() -> LostSales | None:
        """Asks for them at each request, also at one that is answered again."""
        memory.lost_sales.ask(id_produto)
        return memory.lost_sales.known(id_produto)

    def make(figures: StockFigures, as_of: AsOf, lost: LostSales | None) -> EncodedAnswer:
        answer = figures.product(id_produto, as_of, lost)
        if answer is None:
            raise HTTPException(404)
        return EncodedAnswer.of(answer.model_dump_json().encode())

    return await _answer(request, memory, id_produto, make, lost_sales)


async def _answer(
    request: Request,
    memory: Memory,
    asked: Hashable,
    make: Make,
    lost_sales: Callable[[], LostSales | None] = lambda: None,
) -> Response:
    """From the figures of this minute, kept until the minute is over, or the stock or the lost
    sales change; made in a thread, since there may be many products."""
    figures = memory.loaded(memory.figures.warehouse).figures

    def version() -> Hashable:
        versions = (figures.sales_version, figures.history.version, lost_sales())
        return (*versions, memory.minute(), *memory.degraded_stock())

    async def make_now() -> EncodedAnswer:
        as_of = AsOf(figures.last_stock_commit, memory.degraded_stock())
        of_now = StockFigures(
            figures.stock, figures.pace, memory.minute(), figures.history.catalogue
        )
        return await anyio.to_thread.run_sync(make, of_now, as_of, lost_sales())

    return await made_answer(
        request, memory, ("estoque", asked), version, make_now, figures.warehouse
    )
