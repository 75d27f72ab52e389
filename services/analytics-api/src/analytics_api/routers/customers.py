"""`/usuarios/{id_usuario}/atividade`."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from analytics_api.answers import EncodedAnswer, respond
from analytics_api.cursor import CursorError
from analytics_api.customer import Page, mark_of, told_of
from analytics_api.models import AtividadeDoUsuario
from analytics_api.problems import BadParameterError, NotReadyError, UnknownError, declared
from analytics_api.routers.memory import FromMemory
from analytics_api.routers.parameters import PaginaDeEventos
from analytics_api.routers.strict_route import StrictRoute
from service_runtime.errors import TransientError

router = APIRouter(
    prefix="/usuarios",
    tags=["usuários"],
    responses=declared(401, 403, 404, 422, 503),
    route_class=StrictRoute,
)
_PERSONAL: Final = {"Cache-Control": "private, no-cache"}
IdUsuario = Annotated[str, Path(min_length=1, max_length=128)]


@router.get("/{id_usuario:path}/atividade", response_model=AtividadeDoUsuario)
async def atividade(
    request: Request,
    id_usuario: IdUsuario,
    pagina: Annotated[PaginaDeEventos, Query()],
    memory: FromMemory,
) -> Response:
    """What one customer did: counts, first and last activity, the last sessions, and the events
    themselves, the newest first, for as long as they are kept.

    It is read from MongoDB at each request: 503 while MongoDB does not answer. Callers need the
    token of the setting CUSTOMER_TOKEN; without that setting only this machine may ask."""
    memory.access.check(request.headers.get("authorization"))
    try:
        page = Page(pagina.limite, mark_of(pagina.cursor) if pagina.cursor else None)
    except CursorError as error:
        raise BadParameterError("cursor", str(error)) from error
    try:
        found = await memory.read_customer(id_usuario, page)
    except TransientError as error:
        raise NotReadyError("MongoDB does not answer") from error
    if found is None:
        raise UnknownError("nothing is known of this customer")
    told = told_of(id_usuario, found, limite=pagina.limite)
    headers = _PERSONAL | pagina.link_to(told.proximo_cursor)
    answer = EncodedAnswer.of(told.model_dump_json().encode(), headers=headers)
    return respond(request, answer, age=None)
