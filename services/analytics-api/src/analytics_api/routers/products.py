"""`/produtos/{id_produto}`."""

from collections.abc import Hashable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from analytics_api.answers import EncodedAnswer
from analytics_api.figures import and_away
from analytics_api.models import Degradado
from analytics_api.problems import UnknownError, declared
from analytics_api.product_models import Produto
from analytics_api.product_report import ProductFigures
from analytics_api.reports import AsOf
from analytics_api.routers.kept_answer import made_answer
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.stock_report import StockFigures

router = APIRouter(
    prefix="/produtos",
    tags=["produtos"],
    responses=declared(404, 422, 503),
    route_class=StrictRoute,
)


@router.get("/{id_produto:path}", response_model=Produto)
async def produto(
    request: Request,
    id_produto: Annotated[str, Path(min_length=1, max_length=128)],
    _: Annotated[SemParametros, Query()],
    memory: FromMemory,
) -> Response:
    """One product: its name, what it sells, who looks at it, and how long its stock lasts; 404 if
    neither the catalogue, nor sales, nor stock, nor the last hour know it."""
    figures = memory.loaded(memory.figures.warehouse, memory.figures.history_store).figures
    stores = (figures.warehouse, figures.history_store, figures.mongodb)

    def degraded() -> list[Degradado]:
        return and_away(memory.degraded_stock(), figures.history_store, figures.mongodb)

    def version() -> Hashable:
        versions = (figures.sales_version, figures.history.version, figures.window.version)
        has_views = figures.mongodb.confirmed_at is not None
        return (*versions, has_views, memory.minute(), *degraded())

    async def make_now() -> EncodedAnswer:
        as_of = AsOf(figures.last_sales_commit, degraded())
        has_views = figures.mongodb.confirmed_at is not None
        of_now = ProductFigures(
            id_produto,
            StockFigures(figures.stock, figures.pace, memory.minute(), figures.history.catalogue),
            views=figures.window.views.get(id_produto, 0) if has_views else None,
            today=memory.today(),
        )
        made = await memory.periods.compute(lambda tables: of_now.report(tables, as_of))
        if made is None:
            raise UnknownError("nothing is known of this product")
        return EncodedAnswer.of(made.model_dump_json().encode())

    return await made_answer(request, memory, ("produto", id_produto), version, make_now, *stores)
