"""`/pipeline/conciliacao` and `/pipeline/sondas`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from analytics_api.models import Conciliacao, Sondas
from analytics_api.problems import declared
from analytics_api.routers.kept_answer import kept_answer
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(
    prefix="/pipeline", tags=["pipeline"], responses=declared(422, 503), route_class=StrictRoute
)


@router.get("/conciliacao", response_model=Conciliacao)
async def conciliacao(
    request: Request, _: Annotated[SemParametros, Query()], memory: FromMemory
) -> Response:
    """What became of every record of each topic and partition, by the ledger's word, and how
    far behind Kafka it is."""
    figures = memory.loaded(memory.figures.warehouse).figures

    def version() -> tuple[object, ...]:
        now = memory.clock()
        degraded = figures.degraded(now)
        return (figures.sales_version, figures.ends, *degraded, now.replace(microsecond=0))

    def make() -> str:
        return figures.reconciliation(memory.clock()).model_dump_json()

    return kept_answer(request, memory, version, make, figures.warehouse)


@router.get("/sondas", response_model=Sondas)
async def sondas(
    request: Request, _: Annotated[SemParametros, Query()], memory: FromMemory
) -> Response:
    """The newest probes (`tipo_evento` `sonda`) that came out, 20 at most, and how long each took
    from its sender to the warehouse. They count in no other figure."""
    figures = memory.loaded(memory.figures.warehouse).figures

    def version() -> tuple[object, ...]:
        return (figures.sales_version, *figures.degraded(memory.clock()))

    def make() -> str:
        return figures.seen_probes(memory.clock()).model_dump_json()

    return kept_answer(request, memory, version, make, figures.warehouse)
