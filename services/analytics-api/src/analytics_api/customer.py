"""What is told of one customer: activity over all partitions, and a page of events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from analytics_api.cursor import CursorError, decode_cursor, encode_cursor
from analytics_api.models import AtividadeDoUsuario, EventoDoUsuario, SessaoDoUsuario
from event_contracts.atividade import Atividade, Sessao, last_sessions, with_session

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_SUMMED: Final = (
    *("cliques", "carrinhos", "compras", "unidades", "receita"),
    *("devolucoes", "cancelamentos", "unidades_devolvidas", "valor_devolvido"),
)


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A document of `logs_cliques`, without what only click-logger needs."""

    id: str = msgspec.field(name="_id")
    tipo_evento: str
    id_produto: str
    data: datetime
    id_pedido: str | None = None
    quantidade: int | None = None
    preco: Decimal | None = None
    id_sessao: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limite` events, the newest first, after one event of the page before."""

    limite: int
    after: "Mark | None" = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page ended."""

    data: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Customer:
    """What MongoDB holds of a customer: activity by partition, and events of a page and one more
    if there are more."""

    activity: Mapping[str, Atividade]
    events: Sequence[LoggedEvent]


def told_of(id_usuario: str, found: Customer, *, limite: int) -> AtividadeDoUsuario:
    """The answer; zeros and no moments for a customer whose events are all forgotten."""
    activities = list(found.activity.values())
    shown = found.events[:limite]
    more = len(found.events) > limite
    return AtividadeDoUsuario(
        id_usuario=id_usuario,
        primeira_atividade=min((each.primeira for each in activities), default=None),
        ultima_atividade=max((each.ultima for each in activities), default=None),
        **{name: sum(getattr(each, name) for each in activities) for name in _SUMMED},
        sessoes=[_session(each) for each in _sessions(activities)],
        eventos=[_event(each) for each in shown],
        proximo_cursor=cursor_after(shown[-1]) if more else None,
    )


def _sessions(activities: Iterable[Atividade]) -> list[Sessao]:
    """The last of all partitions, the newest first; parts of one session are joined."""
    joined: list[Sessao] = []
    for activity in activities:
        for session in activity.sessoes:
            joined = with_session(joined, session)
    return last_sessions(joined)[::-1]


def _session(session: Sessao) -> SessaoDoUsuario:
    return SessaoDoUsuario(**msgspec.structs.asdict(session))


def _event(event: LoggedEvent) -> EventoDoUsuario:
    fields = msgspec.structs.asdict(event)
    return EventoDoUsuario(id_evento=fields.pop("id"), timestamp=fields.pop("data"), **fields)


def cursor_after(event: LoggedEvent) -> str:
    """The cursor of a page that ends with this event; opaque to clients."""
    return _cursor(Mark(event.data, event.id))


def _cursor(mark: Mark) -> str:
    return encode_cursor(f"{(mark.data - _EPOCH) // _MILLISECOND}:{mark.id}")


def mark_of(cursor: str) -> Mark:
    """Where the page of a cursor ended. Raises CursorError."""
    milliseconds, _, identity = decode_cursor(cursor).partition(":")
    try:
        mark = Mark(_EPOCH + int(milliseconds) * _MILLISECOND, identity)
    except (ValueError, OverflowError) as error:
        raise CursorError("not a cursor of this list") from error
    if not identity or _cursor(mark) != cursor:
        raise CursorError("not a cursor of this list")
    return mark
