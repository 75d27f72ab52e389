"""`/qualidade`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from analytics_api.figures import and_away
from analytics_api.models import Degradado
from analytics_api.problems import declared
from analytics_api.quality_models import Qualidade
from analytics_api.routers.kept_answer import kept_answer
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(tags=["qualidade"], responses=declared(422, 503), route_class=StrictRoute)


@router.get("/qualidade", response_model=Qualidade)
async def qualidade(
    request: Request, _: Annotated[SemParametros, Query()], memory: FromMemory
) -> Response:
    """What the newest run of the checks of the data found, the worst first."""
    figures = memory.loaded(memory.figures.quality_store).figures

    def degraded() -> list[Degradado]:
        return and_away(figures.degraded(memory.clock()), figures.quality_store)

    def version() -> tuple[object, ...]:
        return (figures.quality.id_execucao, *degraded())

    def make() -> str:
        run = figures.quality
        return Qualidade(
            id_execucao=run.id_execucao,
            executada_em=run.executed_at,
            totais=run.totals,
            resultados=run.results,
            degradado=degraded(),
        ).model_dump_json()

    return kept_answer(request, memory, version, make, figures.quality_store)
