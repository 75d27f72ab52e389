"""The documents that event-producer answers with. Their schemas stand in its OpenAPI document."""

from typing import Annotated, Final, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from event_contracts.rejection import OF_A_STORE, Motivo

MAX_ERROS: Final = 1_000
"""Of one answer; three bytes of a body can be wrong in four ways."""

_MOTIVOS: Final = {"enum": [str(motivo) for motivo in Motivo if motivo not in OF_A_STORE]}
_OMITTED: Final = f"how many more `erros` there are than the first {MAX_ERROS}"
_IDS: Final = "one for each event that came without `id_evento` and was taken, in their order"
_REFUSED: Final = "with `parcial=true`: what is wrong with those that were not taken"


class Erro(Struct, frozen=True):
    """One thing wrong with one event or update; `indice` is its index in the request, 0 for one
    that came alone."""

    indice: Annotated[int, Meta(ge=0)]
    campo: str | None
    motivo: Annotated[str, Meta(extra_json_schema=_MOTIVOS)]
    detalhe: str


_Omitted: TypeAlias = Annotated[int, Meta(ge=1, description=_OMITTED)]


class Aceite(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a request whose events are stored."""

    aceitos: Annotated[int, Meta(ge=1)]
    ids_gerados: Annotated[list[UUID], Meta(description=_IDS)]
    erros: Annotated[list[Erro], Meta(max_length=MAX_ERROS, description=_REFUSED)] | UnsetType = (
        UNSET
    )
    erros_omitidos: _Omitted | UnsetType = UNSET


class AceiteEstoque(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a request whose stock updates are stored."""

    aceitos: Annotated[int, Meta(ge=1)]
    erros: Annotated[list[Erro], Meta(max_length=MAX_ERROS, description=_REFUSED)] | UnsetType = (
        UNSET
    )
    erros_omitidos: _Omitted | UnsetType = UNSET


class Problema(Struct, frozen=True):
    """A problem document (RFC 9457)."""

    title: str
    status: int
    detail: str


class EventosRecusados(Problema, frozen=True, kw_only=True):
    """The problem document of events or updates that were refused."""

    erros: Annotated[list[Erro], Meta(max_length=MAX_ERROS)]
    erros_omitidos: _Omitted | UnsetType = UNSET


class Sucesso(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to the clients of Segment."""

    success: Annotated[bool, Meta(extra_json_schema={"const": True})]
