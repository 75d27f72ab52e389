"""`/vendas/resumo` and `/produtos/mais_vendidos`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import respond
from analytics_api.figures import STREAM, iso
from analytics_api.problems import BadParameterError, declared
from analytics_api.reports import CursorError, best_sellers, summary
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.models import MaisVendidos, ResumoVendas
from analytics_api.routers.parameters import MelhoresDoPeriodo, PaginaDoPeriodo, Periodo
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(tags=["vendas"], responses=declared(422, 503), route_class=StrictRoute)


@router.get("/vendas/resumo", response_model=ResumoVendas)
async def resumo(
    request: Request, pagina: Annotated[PaginaDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """Units, revenue and orders per product, by `id_produto`; days of the shop, both included.

    All three are net: what is taken back lowers units and revenue on the day on which it is
    taken back, and an order counts when more units of the product were bought in the period
    than taken back in it."""

    def make() -> Mapping[str, Any]:
        page = summary(
            memory.figures.cube, pagina.chosen(), limite=pagina.limite, cursor=pagina.cursor
        )
        return {"itens": page.itens, "proximo_cursor": page.proximo_cursor}

    try:
        return _answer(request, memory, pagina, make)
    except CursorError as error:
        raise BadParameterError("cursor", str(error)) from error


@router.get("/produtos/mais_vendidos", response_model=MaisVendidos)
async def mais_vendidos(
    request: Request, melhores: Annotated[MelhoresDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """The products of which most units were sold, less what was taken back; ties by revenue,
    then by `id_produto`."""

    def make() -> Mapping[str, Any]:
        cube = memory.figures.cube
        return {"itens": best_sellers(cube, melhores.chosen(), limite=melhores.limite)}

    return _answer(request, memory, melhores, make)


def _answer(
    request: Request, memory: Memory, asked: Periodo, make: Callable[[], Mapping[str, Any]]
) -> Response:
    figures = memory.loaded(memory.figures.warehouse).figures
    told = (figures.warehouse.name, STREAM)
    degraded = [name for name in figures.degraded(memory.clock()) if name in told]
    prepared = memory.answers.get(
        (type(asked), *vars(asked).values()),
        (figures.sales_version, *degraded),
        lambda: {
            **make(),
            "atualizado_em": iso(figures.last_sales_commit()),
            "degradado": degraded,
        },
    )
    return respond(request, prepared, age=memory.age(figures.warehouse))
