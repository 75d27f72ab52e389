"""`/metricas/regioes` and `/metricas/funil`."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from analytics_api.answers import EncodedAnswer, Version, respond
from analytics_api.problems import declared
from analytics_api.region_models import Funil, Regioes
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

    def make() -> Regioes:
        now = memory.clock()
        return figures.regions.regions(now, figures.degraded(now))

    return _answer(request, memory, version, make)


@router.get("/funil", response_model=Funil)
async def funil(request: Request, _: Annotated[SemParametros, Query()], memory: Loaded) -> Response:
    """How many customers clicked, then filled a cart, then bought; and what was left in carts."""
    figures = memory.figures

    def version() -> tuple[object, ...]:
        return (figures.regions.version, *figures.degraded(memory.clock()))

    def make() -> Funil:
        return figures.regions.funnel(figures.degraded(memory.clock()))

    return _answer(request, memory, version, make)


def _answer(
    request: Request, memory: Memory, version: Version, make: Callable[[], BaseModel]
) -> Response:
    """What the documents tell, kept under its path until there is another version of it."""
    question = request.scope["path"]

    def current() -> EncodedAnswer:
        return memory.answers.at_once(question, version(), lambda: make().model_dump_json())

    def age() -> float | None:
        return memory.age(memory.figures.mongodb)

    memory.recalls.remember(request.scope, current, age)
    return respond(request, current(), age=age())
