"""Adds events to a customer's activity in one partition."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from click_logger.placed_event import PlacedEvent
from event_contracts.atividade import NOTHING, Atividade, Sessao, last_sessions, with_session
from event_contracts.evento import Evento, TipoEvento

Changes = dict[str, Any]
"""New values of fields of an `Atividade`."""


def applied(state: Atividade | None, events: Sequence[PlacedEvent]) -> Atividade | None:
    """The activity after these events of the same customer and partition, by rising offset.

    Events up to the state's own offset are in it already and change nothing, so that a batch may
    come again, whole or in part. A probe (`sonda`) must not be among them.
    """
    for event in events:
        if state is None or event.place.offset > state.offset:
            state = _with(state or _begun(event), event)
    return state


def _begun(event: PlacedEvent) -> Atividade:
    return Atividade(offset=-1, primeira=event.moment, ultima=event.moment)


def _with(state: Atividade, event: PlacedEvent) -> Atividade:
    changes = _COUNT[event.evento.tipo_evento](state, event)
    return msgspec.structs.replace(
        state,
        offset=event.place.offset,
        primeira=min(state.primeira, event.moment),
        ultima=max(state.ultima, event.moment),
        **changes,
    )


def _click(state: Atividade, event: PlacedEvent) -> Changes:
    return {"cliques": state.cliques + 1, "sessoes": _visit(state.sessoes, event, cliques=1)}


def _cart(state: Atividade, event: PlacedEvent) -> Changes:
    return {"carrinhos": state.carrinhos + 1, "sessoes": _visit(state.sessoes, event, carrinhos=1)}


def _purchase(state: Atividade, event: PlacedEvent) -> Changes:
    units, amount = _amount(event.evento)
    return {
        "compras": state.compras + 1,
        "unidades": state.unidades + units,
        "receita": state.receita + amount,
        "sessoes": _visit(state.sessoes, event, compras=1),
    }


def _return(state: Atividade, event: PlacedEvent) -> Changes:
    return {"devolucoes": state.devolucoes + 1, **_taken_back(state, event)}


def _cancellation(state: Atividade, event: PlacedEvent) -> Changes:
    return {"cancelamentos": state.cancelamentos + 1, **_taken_back(state, event)}


def _taken_back(state: Atividade, event: PlacedEvent) -> Changes:
    """Count a return. It belongs to no session, since mostly the shop sends it."""
    units, amount = _amount(event.evento)
    return {
        "unidades_devolvidas": state.unidades_devolvidas + units,
        "valor_devolvido": state.valor_devolvido + amount,
    }


_COUNT: Final[Mapping[TipoEvento, Callable[[Atividade, PlacedEvent], Changes]]] = {
    TipoEvento.CLIQUE: _click,
    TipoEvento.ADICAO_CARRINHO: _cart,
    TipoEvento.COMPRA: _purchase,
    TipoEvento.DEVOLUCAO: _return,
    TipoEvento.CANCELAMENTO: _cancellation,
}


def _amount(evento: Evento) -> tuple[int, Decimal]:
    """Units and BRL; the decoder lets no event of a sale pass without them."""
    units = evento.quantidade or 0
    return units, units * (evento.preco or NOTHING)


def _visit(sessoes: Iterable[Sessao], event: PlacedEvent, **counted: int) -> list[Sessao]:
    moment, id_sessao = event.moment, event.evento.id_sessao
    new = Sessao(inicio=moment, fim=moment, id_sessao=id_sessao, **counted)
    return last_sessions(with_session(sessoes, new))
