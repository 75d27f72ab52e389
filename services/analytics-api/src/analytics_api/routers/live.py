"""`/metricas/tempo_real`, asked for or streamed."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from analytics_api.live_models import MetricasTempoReal
from analytics_api.problems import declared
from analytics_api.routers.kept_answer import kept_answer
from analytics_api.routers.memory import FromMemory, Memory
from analytics_api.routers.parameters import SemParametros
from analytics_api.routers.strict_route import StrictRoute

router = APIRouter(prefix="/metricas/tempo_real", tags=["tempo real"], route_class=StrictRoute)

_UNBUFFERED: Final = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_EVENT_STREAM: Final = "text/event-stream"
_FIELDS: Final = {"data": "string", "event": "string", "id": "string", "retry": "integer"}
_ITEM: Final = {
    "type": "object",
    "properties": {name: {"type": kind} for name, kind in _FIELDS.items()},
}
_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {_EVENT_STREAM: {"itemSchema": _ITEM}}}
}


async def _loaded(memory: FromMemory) -> Memory:
    return memory.loaded(memory.figures.warehouse, memory.figures.mongodb)


Loaded = Annotated[Memory, Depends(_loaded)]


@router.get("", response_model=MetricasTempoReal, responses=declared(422, 503))
async def tempo_real(
    request: Request, _: Annotated[SemParametros, Query()], memory: Loaded
) -> Response:
    """Active customers, sales per minute and of today, the products seen most."""

    figures, broadcast = memory.figures, memory.broadcast

    def version() -> int:
        return broadcast.number

    stores = (figures.warehouse, figures.mongodb)
    return kept_answer(request, memory, version, broadcast.snapshot, *stores)


class _EventStream(StreamingResponse):
    """Of events that are encoded already; FastAPI's own would encode each for each reader."""

    media_type = _EVENT_STREAM


@router.get("/stream", response_class=_EventStream, responses=_EVENTS | declared(422, 503))
async def stream(_: Annotated[SemParametros, Query()], memory: Loaded) -> Response:
    """First `snapshot`, the whole of `/metricas/tempo_real`; then `mudanca`, the keys that
    changed, each to replace what it was. A reader that fell behind gets a new `snapshot`."""
    return _EventStream(memory.broadcast.events(), headers=_UNBUFFERED)
