"""`/vendas/diarias`, `/vendas/mensais` and `/conciliacao/{data}`."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, TypeVar

from duckdb import DuckDBPyRelation
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.history_models import (
    ConciliacaoDoDia,
    DoHistorico,
    VendasDiarias,
    VendasDoDia,
    VendasDoMes,
    VendasMensais,
)
from analytics_api.history_report import (
    DayKey,
    HistoryAsOf,
    PastSales,
    daily_sales,
    monthly_sales,
    reconciled_day,
)
from analytics_api.periods import Period, PeriodTables
from analytics_api.problems import BadParameterError, UnknownError, declared
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import (
    Dia,
    PaginaDeDias,
    PaginaDeMeses,
    SemParametros,
)
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.routers.table_answer import TABLE_ANSWER, encoded, form_of

router = APIRouter(tags=["histórico"], route_class=StrictRoute)
_OF_TABLES = TABLE_ANSWER | declared(406, 422, 503)
_Item = TypeVar("_Item", bound=BaseModel)
Make = Callable[[PastSales, HistoryAsOf], EncodedAnswer]


@router.get("/vendas/diarias", response_model=VendasDiarias, responses=_OF_TABLES)
async def diarias(
    request: Request, pagina: Annotated[PaginaDeDias, Query()], memory: FromMemory
) -> Response:
    """Net sales per day of the shop, the earliest first; with `agrupar` per day and region, or per
    day and category.

    Days that memory holds are as in `/vendas/resumo`, older ones come from the aggregates of
    batch-etl, as do all regions and categories: past days as they were when it last computed
    them."""
    form, after = form_of(request), _after(pagina)

    def make(sales: PastSales, as_of: HistoryAsOf) -> EncodedAnswer:
        rows = sales.days(pagina.agrupar, after)
        answer = daily_sales(rows, as_of, limite=pagina.limite)
        return _page(form, pagina, answer, (VendasDoDia, answer.itens), rows)

    return await _answer(request, memory, pagina, form, make)


@router.get("/vendas/mensais", response_model=VendasMensais, responses=_OF_TABLES)
async def mensais(
    request: Request, pagina: Annotated[PaginaDeMeses, Query()], memory: FromMemory
) -> Response:
    """Net sales per month of the shop, the earliest first: whole months, of which the period holds
    a day. The present month is up to now. Months that memory holds are as in `/vendas/resumo`,
    older ones come from the aggregates of batch-etl."""
    form, after = form_of(request), _after(pagina).dia

    def make(sales: PastSales, as_of: HistoryAsOf) -> EncodedAnswer:
        rows = sales.months(after)
        answer = monthly_sales(rows, as_of, limite=pagina.limite)
        return _page(form, pagina, answer, (VendasDoMes, answer.itens), rows)

    return await _answer(request, memory, pagina, form, make)


@router.get(
    "/conciliacao/{data}", response_model=ConciliacaoDoDia, responses=declared(404, 422, 503)
)
async def conciliacao(
    request: Request,
    data: Annotated[Dia, Path()],
    _: Annotated[SemParametros, Query()],
    memory: FromMemory,
) -> Response:
    """The sales of one day as the stream and the files of the shop have them, and why they differ;
    404 if the day was not reconciled."""
    figures = memory.loaded(memory.figures.history_store).figures
    found = figures.history.reconciled.get(data)
    if found is None:
        raise UnknownError("the day was not reconciled")
    degraded = memory.degraded_history()
    answer = memory.answers.at_once(
        ("conciliacao", data),
        (figures.history.version, *degraded),
        lambda: reconciled_day(data, found, degraded).model_dump_json(),
    )
    return respond(request, answer, age=memory.age(figures.history_store))


def _page(
    form: str,
    asked: PaginaDeMeses,
    answer: DoHistorico,
    items: tuple[type[_Item], Sequence[_Item]],
    rows: DuckDBPyRelation,
) -> EncodedAnswer:
    """`rows` are the items, and one more where another page follows."""
    link = asked.link_to(answer.proximo_cursor)
    return encoded(form, answer, items, lambda: rows.limit(asked.limite), link)


def _after(pagina: PaginaDeMeses) -> DayKey:
    try:
        return DayKey.of(pagina.after())
    except ValueError as error:
        raise BadParameterError("cursor", "not a cursor of this list") from error


async def _answer(
    request: Request, memory: Memory, asked: PaginaDeMeses, form: str, make: Make
) -> Response:
    """From the tables in memory; made in a thread, since there may be many rows."""
    figures = memory.loaded(memory.figures.warehouse, memory.figures.history_store).figures
    stores = (figures.warehouse, figures.history_store)
    key = (type(asked), form, *vars(asked).values())

    def version() -> Hashable:
        versions = (figures.history.version, figures.columns.version, figures.last_sales_commit)
        return (*versions, memory.today(), *memory.degraded_history())

    def newest() -> EncodedAnswer | None:
        return memory.answers.known(key, version())

    async def make_now() -> EncodedAnswer:
        degraded, read_at = memory.degraded_history(), figures.warehouse.confirmed_at
        as_of = HistoryAsOf(figures.history.loaded_at, figures.last_sales_commit, degraded)
        question = _rows_of(asked, memory.today())
        made = await memory.periods.compute(lambda tables: make(question(tables), as_of))
        return replace(made, read_at=read_at)

    answer = await memory.answers.get(key, version, make_now)
    memory.recalls.remember(request.scope, newest, lambda: memory.age(*stores))
    is_newest = newest() is answer
    age = memory.age(*stores) if is_newest else memory.age(read_at=answer.read_at)
    return respond(request, answer, age=age)


def _rows_of(asked: PaginaDeMeses, today: date) -> Callable[[PeriodTables], PastSales]:
    period = Period.of(asked.inicio, asked.fim)
    return lambda tables: PastSales(tables.cursor, period, today, asked.limite + 1)
