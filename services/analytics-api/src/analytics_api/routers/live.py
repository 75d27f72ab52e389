"""`/metricas/tempo_real`, asked for or streamed."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from analytics_api.answers import Prepared, respond
from analytics_api.models import MetricasTempoReal
from analytics_api.problems import declared
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(prefix="/metricas/tempo_real", tags=["tempo real"], route_class=StrictRoute)


async def _loaded(memory: FromMemory) -> Memory:
    return memory.loaded(memory.figures.warehouse, memory.figures.mongodb)


Loaded = Annotated[Memory, Depends(_loaded)]


@router.get("", response_model=MetricasTempoReal, responses=declared(422, 503))
async def tempo_real(
    request: Request, _: Annotated[SemParametros, Query()], memory: Loaded
) -> Response:
    """Active customers, sales per minute and of today, the products seen most."""

    def current() -> Prepared:
        return memory.answers.at_once(
            "tempo_real", memory.broadcast.number, memory.broadcast.snapshot
        )

    def age() -> float | None:
        return memory.age(memory.figures.warehouse, memory.figures.mongodb)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())


@router.get("/stream", response_class=EventSourceResponse, responses=declared(422, 503))
async def stream(
    _: Annotated[SemParametros, Query()], memory: Loaded
) -> AsyncIterator[ServerSentEvent]:
    """First `snapshot`, the whole of `/metricas/tempo_real`; then `mudanca`, the keys that
    changed, each to replace what it was. A reader that fell behind gets a new `snapshot`."""
    async for event in memory.broadcast.events():
        yield event
