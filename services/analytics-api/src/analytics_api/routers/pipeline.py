"""`/pipeline/conciliacao` and `/pipeline/sondas`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from analytics_api.answers import EncodedAnswer, Version, respond
from analytics_api.models import Conciliacao, Sondas
from analytics_api.problems import declared
from analytics_api.routers.memory import FromMemory, Memory
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

    return _answer(request, memory, version, lambda: figures.reconciliation(memory.clock()))


@router.get("/sondas", response_model=Sondas)
async def sondas(
    request: Request, _: Annotated[SemParametros, Query()], memory: FromMemory
) -> Response:
    """The newest probes (`tipo_evento` `sonda`) that came out, 20 at most, and how long each took
    from its sender to the warehouse. They count in no other figure."""
    figures = memory.loaded(memory.figures.warehouse).figures

    def version() -> tuple[object, ...]:
        return (figures.sales_version, *figures.degraded(memory.clock()))

    return _answer(request, memory, version, lambda: figures.seen_probes(memory.clock()))


def _answer(
    request: Request, memory: Memory, version: Version, make: Callable[[], BaseModel]
) -> Response:
    """What the ledger tells, kept under its path until there is another version of it."""
    question = request.scope["path"]

    def current() -> EncodedAnswer:
        return memory.answers.at_once(question, version(), lambda: make().model_dump_json())

    def age() -> float | None:
        return memory.age(memory.figures.warehouse)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())
