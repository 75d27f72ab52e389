"""`/vendas/resumo` and `/produtos/mais_vendidos`."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.forms import ARROW, CSV, FORMS, as_arrow, as_csv, wanted
from analytics_api.models import MaisVendidos, ProdutoNoRanking, ResumoProduto, ResumoVendas
from analytics_api.periods import Period, PeriodFigures
from analytics_api.problems import (
    NotAcceptableError,
    NotReadyError,
    declared,
)
from analytics_api.reports import AsOf, best_sellers, summary
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import LINK, MelhoresDoPeriodo, PaginaDoPeriodo, Periodo
from analytics_api.routers.strict_route import StrictRoute

_TABLE: dict[str, Any] = {form: {} for form in (CSV, ARROW)}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "content": _TABLE,
        "description": "As JSON or, by `Accept`, the items as CSV or an Arrow IPC stream",
        "headers": LINK,
    }
}
router = APIRouter(
    tags=["vendas"], responses=_ANSWER | declared(406, 422, 503), route_class=StrictRoute
)


@router.get("/vendas/resumo", response_model=ResumoVendas)
async def resumo(
    request: Request, pagina: Annotated[PaginaDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """Units, revenue and orders per product, by `id_produto`, and in total; days of the shop,
    both included.

    **An order counts once in a period when more of its units were bought in the period than taken
    back in it**; for a product, by its units of that product. Units and revenue are net too: what
    is taken back lowers them on the day on which it is taken back."""
    form = _form(request)

    def make(figures: PeriodFigures, as_of: AsOf) -> EncodedAnswer:
        chosen, limite = pagina.chosen(), pagina.limite
        answer = summary(figures, chosen, as_of, limite=limite, after=after)
        headers = {"Vary": "Accept"} | pagina.link_to(answer.proximo_cursor)
        if form == CSV:
            return EncodedAnswer.of(as_csv(ResumoProduto, answer.itens), CSV, headers)
        if form == ARROW:
            table = figures.page(after=after, product=chosen.id_produto, limite=limite)
            return EncodedAnswer.of(as_arrow(table), ARROW, headers)
        return EncodedAnswer.of(answer.model_dump_json().encode(), headers=headers)

    after = pagina.after()
    return await _answer(request, memory, pagina, form, make)


@router.get("/produtos/mais_vendidos", response_model=MaisVendidos)
async def mais_vendidos(
    request: Request, melhores: Annotated[MelhoresDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """The products of which most units were sold, less what was taken back; ties by revenue,
    then by `id_produto`. Orders count as in `/vendas/resumo`."""
    form = _form(request)

    def make(figures: PeriodFigures, as_of: AsOf) -> EncodedAnswer:
        chosen, limite = melhores.chosen(), melhores.limite
        headers = {"Vary": "Accept"}
        if form == ARROW:
            table = figures.best(product=chosen.id_produto, limite=limite)
            return EncodedAnswer.of(as_arrow(table), ARROW, headers)
        answer = best_sellers(figures, chosen, as_of, limite=limite)
        if form == CSV:
            return EncodedAnswer.of(as_csv(ProdutoNoRanking, answer.itens), CSV, headers)
        return EncodedAnswer.of(answer.model_dump_json().encode(), headers=headers)

    return await _answer(request, memory, melhores, form, make)


def _form(request: Request) -> str:
    form = wanted(", ".join(request.headers.getlist("accept")))
    if form is None:
        raise NotAcceptableError(FORMS)
    return form


@dataclass(frozen=True)
class _Question:
    """A question about the sales of a period; `make` makes its answer, in a thread."""

    memory: Memory
    period: Period
    key: Hashable
    make: Callable[[PeriodFigures, AsOf], EncodedAnswer]

    async def answer(self) -> EncodedAnswer:
        """The newest answer, or the last one while the newest takes long. Raises NotReadyError if
        there is none."""
        try:
            await self.memory.periods.ready(self.period)
        except NotReadyError:
            if (last := self.memory.answers.last(self.key)) is None:
                raise
            return last
        return await self.memory.answers.get(self.key, self._version, self._make_now)

    def newest(self) -> EncodedAnswer | None:
        """The answer from the present figures; None if it must be made first."""
        return self.memory.answers.known(self.key, self._version())

    def age(self) -> float | None:
        """The age of the present figures, in seconds."""
        memory = self.memory
        read_at = memory.periods.kept_since(self.period)
        return memory.age(memory.figures.warehouse, read_at=read_at)

    def _version(self) -> Hashable:
        memory = self.memory
        committed_at = memory.figures.last_sales_commit
        return (memory.periods.version(self.period), committed_at, *memory.degraded_sales())

    async def _make_now(self) -> EncodedAnswer:
        memory, figures = self.memory, self.memory.figures
        as_of = AsOf(figures.last_sales_commit, memory.degraded_sales())
        read_at = memory.periods.kept_since(self.period) or figures.warehouse.confirmed_at
        made = await memory.periods.run(self.period, lambda found: self.make(found, as_of))
        return replace(made, read_at=read_at)


async def _answer(
    request: Request,
    memory: Memory,
    asked: Periodo,
    form: str,
    make: Callable[[PeriodFigures, AsOf], EncodedAnswer],
) -> Response:
    memory.loaded(memory.figures.warehouse)
    key = (type(asked), form, *vars(asked).values())
    question = _Question(memory, asked.chosen().period, key, make)
    answer = await question.answer()
    if memory.periods.in_memory(question.period):
        memory.recalls.remember(request.scope, question.newest, question.age)
    is_newest = question.newest() is answer
    age = question.age() if is_newest else memory.age(read_at=answer.read_at)
    return respond(request, answer, age=age)
