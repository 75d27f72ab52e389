"""What `perfis_usuarios` holds of a customer's activity. See docs/click-log.md."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

FIELD_ATIVIDADE: Final = "atividade"
"""The field of a profile: an `Atividade` for each partition, by its number as a text."""
SESSION_GAP: Final = timedelta(minutes=30)
"""Where events have no `id_sessao`, one that comes this long after the last begins a session."""
MAX_SESSOES: Final = 10
NOTHING: Final = Decimal("0.00")


class Sessao(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A visit, without what was taken back; fields that are 0 or None are not stored."""

    inicio: datetime
    fim: datetime
    id_sessao: str | None = None
    cliques: int = 0
    carrinhos: int = 0
    compras: int = 0


class Atividade(msgspec.Struct, frozen=True, kw_only=True):
    """Absolute values over one partition, up to and including `offset`, which must stay the first
    field: by it MongoDB's `$max` tells which of two is newer.

    `compras` counts events, so an order of two products counts twice. `receita` is what was bought
    and `valor_devolvido` what was taken back, in BRL; neither is less than zero. `sessoes` are the
    last MAX_SESSOES, the newest last.
    """

    offset: int
    primeira: datetime
    ultima: datetime
    cliques: int = 0
    carrinhos: int = 0
    compras: int = 0
    unidades: int = 0
    receita: Decimal = NOTHING
    devolucoes: int = 0
    cancelamentos: int = 0
    unidades_devolvidas: int = 0
    valor_devolvido: Decimal = NOTHING
    sessoes: list[Sessao] = []


def last_sessions(sessoes: Iterable[Sessao]) -> list[Sessao]:
    """At most MAX_SESSOES, the newest last."""
    return sorted(sessoes, key=_age)[-MAX_SESSOES:]


def with_session(sessoes: Iterable[Sessao], new: Sessao) -> list[Sessao]:
    """The sessions with a new one, joined with those that it continues; in no order.

    Sessions with an id continue by their id, those without one across gaps below SESSION_GAP.
    """
    apart = []
    for each in sessoes:
        if _continues(each, new):
            new = _joined(each, new)
        else:
            apart.append(each)
    apart.append(new)
    return apart


def _age(sessao: Sessao) -> tuple[datetime, datetime, str]:
    return sessao.fim, sessao.inicio, sessao.id_sessao or ""


def _continues(one: Sessao, other: Sessao) -> bool:
    if one.id_sessao is not None or other.id_sessao is not None:
        return one.id_sessao == other.id_sessao
    return other.inicio - one.fim < SESSION_GAP and one.inicio - other.fim < SESSION_GAP


def _joined(one: Sessao, other: Sessao) -> Sessao:
    return Sessao(
        inicio=min(one.inicio, other.inicio),
        fim=max(one.fim, other.fim),
        id_sessao=one.id_sessao,
        cliques=one.cliques + other.cliques,
        carrinhos=one.carrinhos + other.carrinhos,
        compras=one.compras + other.compras,
    )
