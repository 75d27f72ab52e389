"""`/vendas/diarias` and `/vendas/mensais`."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import EncodedAnswer
from analytics_api.history_models import VendasDiarias, VendasDoDia, VendasDoMes, VendasMensais
from analytics_api.history_report import HistoryAsOf, PastSales, daily_sales, monthly_sales
from analytics_api.problems import declared
from analytics_api.routers.history_answer import after_row, history_answer
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import PaginaDeDias, PaginaDeMeses
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.routers.table_answer import TABLE_ANSWER, Table, encoded, form_of

router = APIRouter(
    prefix="/vendas",
    tags=["histórico"],
    responses=TABLE_ANSWER | declared(406, 422, 503),
    route_class=StrictRoute,
)
_DAY_COLUMNS: Final = tuple(VendasDoDia.model_fields)
_MONTH_COLUMNS: Final = tuple(VendasDoMes.model_fields)


@router.get("/diarias", response_model=VendasDiarias)
async def diarias(
    request: Request, pagina: Annotated[PaginaDeDias, Query()], memory: FromMemory
) -> Response:
    """Net sales per day of the shop, the earliest first; with `agrupar` per day and region, or per
    day and category.

    Days that memory holds are as in `/vendas/resumo`, older ones come from the aggregates of
    batch-etl, as do all regions and categories: past days as they were when it last computed
    them."""
    form, after = form_of(request, pagina.formato), after_row(pagina)

    def make(sales: PastSales, as_of: HistoryAsOf) -> EncodedAnswer:
        rows = sales.days(pagina.agrupar, after)
        answer = daily_sales(rows, as_of, limite=pagina.most)
        name = f"vendas-por-{pagina.agrupar}"
        table = Table(name, _DAY_COLUMNS, answer.itens, lambda: rows.limit(pagina.most))
        return encoded(form, answer, table, pagina.link_to(answer.proximo_cursor))

    return await history_answer(request, memory, pagina, form, make)


@router.get("/mensais", response_model=VendasMensais)
async def mensais(
    request: Request, pagina: Annotated[PaginaDeMeses, Query()], memory: FromMemory
) -> Response:
    """Net sales per month of the shop, the earliest first: whole months, of which the period holds
    a day; with `agrupar` per month and region, or per month and category. The present month is up
    to now. Months that memory holds are as in `/vendas/resumo`, older ones come from the aggregates
    of batch-etl, as do all regions and categories: they are the sums of those of
    `/vendas/diarias`."""
    form, after = form_of(request, pagina.formato), after_row(pagina)

    def make(sales: PastSales, as_of: HistoryAsOf) -> EncodedAnswer:
        rows = sales.months(pagina.agrupar, after)
        answer = monthly_sales(rows, as_of, limite=pagina.most)
        name = "vendas-por-mes" if pagina.agrupar == "mes" else f"vendas-por-mes-e-{pagina.agrupar}"
        table = Table(name, _MONTH_COLUMNS, answer.itens, lambda: rows.limit(pagina.most))
        return encoded(form, answer, table, pagina.link_to(answer.proximo_cursor))

    return await history_answer(request, memory, pagina, form, make)
