"""`/metricas/regioes` and `/metricas/funil`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from analytics_api.problems import declared
from analytics_api.region_models import Funil, Regioes
from analytics_api.routers.kept_answer import kept_answer
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(
    prefix="/metricas", tags=["tempo real"], responses=declared(422, 503), route_class=StrictRoute
)


async def _loaded(memory: FromMemory) -> Memory:
    return memory.loaded(memory.figures.mongodb)


Loaded = Annotated[Memory, Depends(_loaded)]


@router.get("/regioes", response_model=Regioes)
async def regioes(
    request: Request, _: Annotated[SemParametros, Query()], memory: Loaded
) -> Response:
    """Sales, views and active customers per state and per segment, of the last 60 minutes."""
    figures = memory.figures

    def version() -> tuple[object, ...]:
        now = memory.clock()
        return (*figures.regions.version_at(now), *figures.degraded(now))

    def make() -> str:
        now = memory.clock()
        return figures.regions.regions(now, figures.degraded(now)).model_dump_json()

    return kept_answer(request, memory, version, make, figures.mongodb)


@router.get("/funil", response_model=Funil)
async def funil(request: Request, _: Annotated[SemParametros, Query()], memory: Loaded) -> Response:
    """How many customers clicked, then filled a cart, then bought; and what was left in carts."""
    figures = memory.figures

    def version() -> tuple[object, ...]:
        return (figures.regions.version, *figures.degraded(memory.clock()))

    def make() -> str:
        return figures.regions.funnel(figures.degraded(memory.clock())).model_dump_json()

    return kept_answer(request, memory, version, make, figures.mongodb)
