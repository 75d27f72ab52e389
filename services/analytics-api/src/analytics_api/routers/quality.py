"""`/qualidade`."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import EncodedAnswer
from analytics_api.figures import and_away
from analytics_api.forms import FORMS_OF_ROWS
from analytics_api.models import Degradado
from analytics_api.problems import declared
from analytics_api.quality_models import Qualidade, ResultadoQualidade
from analytics_api.routers.kept_answer import kept_encoded
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import PioresResultados
from analytics_api.routers.strict_route import StrictRoute
from analytics_api.routers.table_answer import ROWS_ANSWER, Table, encoded, form_of

router = APIRouter(
    tags=["qualidade"], responses=ROWS_ANSWER | declared(406, 422, 503), route_class=StrictRoute
)
_COLUMNS: Final = tuple(ResultadoQualidade.model_fields)


@router.get("/qualidade", response_model=Qualidade)
async def qualidade(
    request: Request, piores: Annotated[PioresResultados, Query()], memory: FromMemory
) -> Response:
    """What the newest run of the checks of the data found, the worst first. `totais` count all
    results, however few are listed."""
    form = form_of(request, piores.formato, FORMS_OF_ROWS)
    figures = memory.loaded(memory.figures.quality_store).figures

    def degraded() -> list[Degradado]:
        return and_away(figures.degraded(memory.clock()), figures.quality_store)

    def version() -> tuple[object, ...]:
        return (figures.quality.id_execucao, *degraded())

    def make() -> EncodedAnswer:
        run = figures.quality
        answer = Qualidade(
            id_execucao=run.id_execucao,
            executada_em=run.executed_at,
            totais=run.totals,
            resultados=run.results[: piores.limite],
            degradado=degraded(),
        )
        return encoded(form, answer, Table("qualidade", _COLUMNS, answer.resultados), {})

    question = ("qualidade", form, piores.limite)
    return kept_encoded(request, memory, question, version, make, figures.quality_store)
