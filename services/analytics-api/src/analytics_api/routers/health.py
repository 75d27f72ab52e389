"""`/healthz` and `/readyz`."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics_api.models import Situacao
from analytics_api.problems import declared
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(tags=["saúde"], route_class=StrictRoute)
NoParameters = Annotated[SemParametros, Query()]


@router.get("/healthz", responses=declared(422))
async def healthz(_: NoParameters) -> Situacao:
    """The process answers; a store that is away is no reason to restart it."""
    return Situacao(status="ok")


@router.get("/readyz", responses=declared(422, 503))
async def readyz(_: NoParameters, memory: FromMemory) -> Situacao:
    """503 until the warehouse and MongoDB were read once; then there is always an answer."""
    memory.loaded(memory.figures.warehouse, memory.figures.mongodb)
    return Situacao(status="ok")
