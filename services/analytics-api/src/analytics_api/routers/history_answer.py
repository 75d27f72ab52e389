"""Answers about past days: made in a thread, kept until what they are made of changes."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import date

from fastapi import Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.history_report import DayKey, HistoryAsOf, PastSales
from analytics_api.periods import Period, PeriodTables
from analytics_api.problems import BadParameterError
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


def _rows_of(asked: PaginaDoHistorico, today: date) -> Callable[[PeriodTables], PastSales]:
    period = Period.of(asked.inicio, asked.fim)
    return lambda tables: PastSales(tables.cursor, period, today, asked.most + 1)
