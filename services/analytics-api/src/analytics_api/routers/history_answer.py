"""Answers about past days: made in a thread, kept until what they are made of changes."""

from collections.abc import Callable, Hashable
from datetime import date

from fastapi import Request, Response

from analytics_api.answers import EncodedAnswer
from analytics_api.history_report import DayKey, HistoryAsOf, PastSales
from analytics_api.periods import Period, PeriodTables
from analytics_api.problems import BadParameterError
from analytics_api.routers.kept_answer import made_answer
from analytics_api.routers.memory import Memory
from analytics_api.routers.parameters import PaginaDoHistorico

Make = Callable[[PastSales, HistoryAsOf], EncodedAnswer]


def after_row(pagina: PaginaDoHistorico) -> DayKey:
    """The row after which the page begins. Raises BadParameterError."""
    try:
        return DayKey.of(pagina.after())
    except ValueError as error:
        raise BadParameterError("cursor", "not a cursor of this list") from error


async def history_answer(
    request: Request, memory: Memory, asked: PaginaDoHistorico, form: str, make: Make
) -> Response:
    """From the tables in memory; made in a thread, since there may be many rows."""
    figures = memory.loaded(memory.figures.warehouse, memory.figures.history_store).figures
    key = (type(asked), form, *vars(asked).values())

    def version() -> Hashable:
        versions = (figures.history.version, figures.columns.version, figures.last_sales_commit)
        return (*versions, memory.today(), *memory.degraded_history())

    async def make_now() -> EncodedAnswer:
        degraded = memory.degraded_history()
        as_of = HistoryAsOf(figures.history.loaded_at, figures.last_sales_commit, degraded)
        question = _rows_of(asked, memory.today())
        return await memory.periods.compute(lambda tables: make(question(tables), as_of))

    stores = (figures.warehouse, figures.history_store)
    return await made_answer(request, memory, key, version, make_now, *stores)


def _rows_of(asked: PaginaDoHistorico, today: date) -> Callable[[PeriodTables], PastSales]:
    period = Period.of(asked.inicio, asked.fim)
    return lambda tables: PastSales(tables.cursor, period, today, asked.most + 1)
