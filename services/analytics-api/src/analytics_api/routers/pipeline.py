"""`/pipeline/conciliacao`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.models import Conciliacao
from analytics_api.problems import declared
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

    def current() -> EncodedAnswer:
        now = memory.clock()
        degraded = figures.degraded(now)
        version = (figures.sales_version, figures.ends, *degraded, now.replace(microsecond=0))
        return memory.answers.at_once(
            "conciliacao", version, lambda: figures.reconciliation(now).model_dump_json()
        )

    def age() -> float | None:
        return memory.age(figures.warehouse)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())
