"""`/conciliacao` and `/conciliacao/{data}`."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.forms import FORMS_OF_ROWS
from analytics_api.history_models import ConciliacaoDoDia, DiasConciliados
from analytics_api.history_report import HistoryAsOf, PastSales
from analytics_api.problems import UnknownError, declared
from analytics_api.reconciled_days import COLUMNS, ReconciledPage, lines, reconciled_day
from analytics_api.routers.history_answer import after_row, history_answer
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import Dia, EmLinhas, PaginaDeConciliados
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.routers.table_answer import PAGE_OF_ROWS, ROWS_ANSWER, Table, encoded, form_of

router = APIRouter(prefix="/conciliacao", tags=["histórico"], route_class=StrictRoute)


@router.get("", response_model=DiasConciliados, responses=PAGE_OF_ROWS | declared(406, 422, 503))
async def conciliados(
    request: Request, pagina: Annotated[PaginaDeConciliados, Query()], memory: FromMemory
) -> Response:
    """The reconciled days of a period, the newest first, each as in `/conciliacao/{data}`. As a
    table there is a line for each figure of each day."""
    form, after = form_of(request, pagina.formato, FORMS_OF_ROWS), after_row(pagina)
    before = date.max if after.dia == date.min else after.dia

    def make(sales: PastSales, as_of: HistoryAsOf) -> EncodedAnswer:
        days = memory.figures.history.reconciled
        answer = ReconciledPage(days, sales.period, before, pagina.most).answer(as_of)
        table = Table("conciliacao", COLUMNS, lines(answer.itens))
        return encoded(form, answer, table, pagina.link_to(answer.proximo_cursor))

    return await history_answer(request, memory, pagina, form, make)


@router.get(
    "/{data}",
    response_model=ConciliacaoDoDia,
    responses=ROWS_ANSWER | declared(404, 406, 422, 503),
)
async def conciliacao(
    request: Request,
    data: Annotated[Dia, Path()],
    em_linhas: Annotated[EmLinhas, Query()],
    memory: FromMemory,
) -> Response:
    """The sales of one day as the stream and the files of the shop have them, and why they differ;
    404 if the day was not reconciled."""
    form = form_of(request, em_linhas.formato, FORMS_OF_ROWS)
    figures = memory.loaded(memory.figures.history_store).figures
    found = figures.history.reconciled.get(data)
    if found is None:
        raise UnknownError("the day was not reconciled")
    degraded = memory.degraded_history()

    def make() -> EncodedAnswer:
        day = reconciled_day(data, found, degraded)
        return encoded(form, day, Table(f"conciliacao-{data}", COLUMNS, lines([day])), {})

    version = (figures.history.version, *degraded)
    answer = memory.answers.at_once(("conciliacao", data, form), version, make)
    return respond(request, answer, age=memory.age(figures.history_store))
