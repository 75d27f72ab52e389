"""`/vendas/resumo` and `/produtos/mais_vendidos`."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

from duckdb import DuckDBPyRelation
from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.models import MaisVendidos, ProdutoNoRanking, ResumoProduto, ResumoVendas
from analytics_api.periods import Period, PeriodFigures
from analytics_api.problems import NotReadyError, declared
from analytics_api.reports import AsOf, SalesFilter, best_sellers, best_table, summary
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import MelhoresDoPeriodo, PaginaDoPeriodo, Periodo
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.routers.table_answer import TABLE_ANSWER, Table, encoded, form_of

router = APIRouter(
    tags=["vendas"], responses=TABLE_ANSWER | declared(406, 422, 503), route_class=StrictRoute
)


_SUMMARY: Final = tuple(ResumoProduto.model_fields)
_RANKING: Final = tuple(ProdutoNoRanking.model_fields)


@router.get("/vendas/resumo", response_model=ResumoVendas)
async def resumo(
    request: Request, pagina: Annotated[PaginaDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """Units, revenue and orders per product, by `id_produto`, and in total; days of the shop,
    both included.

    **An order counts once in a period when more of its units were bought in the period than taken
    back in it**; for a product, by its units of that product. Units and revenue are net too: what
    is taken back lowers them on the day on which it is taken back."""
    form = form_of(request, pagina.formato)

    def make(figures: PeriodFigures, chosen: SalesFilter, as_of: AsOf) -> EncodedAnswer:
        def rows() -> DuckDBPyRelation:
            return figures.page(after=after, product=chosen.id_produto, limite=pagina.most)

        answer = summary(figures, chosen, as_of, limite=pagina.most, after=after)
        table = Table("vendas-por-produto", _SUMMARY, answer.itens, rows)
        return encoded(form, answer, table, pagina.link_to(answer.proximo_cursor))

    after = pagina.after()
    return await _answer(request, memory, pagina, form, make)


@router.get("/produtos/mais_vendidos", response_model=MaisVendidos)
async def mais_vendidos(
    request: Request, melhores: Annotated[MelhoresDoPeriodo, Query()], memory: FromMemory
) -> Response:
    """The products of which most units were sold, less what was taken back; ties by revenue,
    then by `id_produto`. Orders count as in `/vendas/resumo`. With `categoria` only products of
    that category are ranked; `total` stays that of all products.

    With `agrupar=categoria` there are `limite` products of each category, the category with most
    revenue first and products without one last; `posicao` is the place in the category. In all
    there are at most 1000, or 20000 with `formato=planilha`: where there would be more, each
    category has fewer."""
    form = form_of(request, melhores.formato)

    def make(figures: PeriodFigures, chosen: SalesFilter, as_of: AsOf) -> EncodedAnswer:
        limite, in_all = melhores.limite, melhores.most_in_all
        answer = best_sellers(figures, chosen, as_of, limite=limite, in_all=in_all)
        rows = partial(best_table, figures, chosen, limite=limite, in_all=in_all)
        return encoded(form, answer, Table("mais-vendidos", _RANKING, answer.itens, rows), {})

    return await _answer(request, memory, melhores, form, make)


Make = Callable[[PeriodFigures, SalesFilter, AsOf], EncodedAnswer]


@dataclass(frozen=True)
class _Question:
    """A question about the sales of a period; `make` makes its answer, in a thread."""

    memory: Memory
    chosen: SalesFilter
    key: Hashable
    make: Make

    @property
    def period(self) -> Period:
        """The period of the question."""
        return self.chosen.period

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

    def answer_in_memory(self) -> EncodedAnswer | None:
        """The same, but None for a period that has left memory: `answer` must have it read again
        from time to time."""
        return self.newest() if self.memory.periods.in_memory(self.period) else None

    def age(self) -> float | None:
        """The age of the present figures, in seconds."""
        memory = self.memory
        read_at = memory.periods.kept_since(self.period)
        return memory.age(memory.figures.warehouse, read_at=read_at)

    def _version(self) -> Hashable:
        memory, figures = self.memory, self.memory.figures
        versions = (memory.periods.version(self.period), figures.history.version)
        return (*versions, figures.last_sales_commit, *memory.degraded_sales())

    async def _make_now(self) -> EncodedAnswer:
        memory, figures = self.memory, self.memory.figures
        as_of = AsOf(figures.last_sales_commit, memory.degraded_sales())
        read_at = memory.periods.kept_since(self.period) or figures.warehouse.confirmed_at
        made = await memory.periods.run(
            self.period, lambda found: self.make(found, self.chosen, as_of)
        )
        return replace(made, read_at=read_at)


async def _answer(
    request: Request, memory: Memory, asked: Periodo, form: str, make: Make
) -> Response:
    memory.loaded(memory.figures.warehouse)

    def of_today() -> _Question:
        chosen = asked.chosen(memory.today())
        key = (type(asked), form, chosen, *vars(asked).values())
        return _Question(memory, chosen, key, make)

    question = of_today()
    answer = await question.answer()
    if memory.periods.in_memory(question.period):
        current = of_today if asked.periodo is not None else lambda: question
        memory.repeated_requests.remember(
            request.scope, lambda: current().answer_in_memory(), lambda: current().age()
        )
    is_newest = question.newest() is answer
    age = question.age() if is_newest else memory.age(read_at=answer.read_at)
    return respond(request, answer, age=age)
