"""What events add to a customer's activity, and that reading them again adds nothing."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.click_log import START, placed

from click_logger.activity import applied
from click_logger.placed_event import PlacedEvent
from event_contracts.atividade import MAX_SESSOES, Atividade, Sessao
from event_contracts.evento import TipoEvento

SALE: dict[str, Any] = {"id_pedido": "o1", "quantidade": 3, "preco": Decimal("19.9")}


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def state_of(*events: PlacedEvent) -> Atividade:
    state = applied(None, events)
    assert state is not None
    return state


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        pytest.param(placed(0), {"cliques": 1}, id="click"),
        pytest.param(placed(0, tipo=TipoEvento.ADICAO_CARRINHO), {"carrinhos": 1}, id="cart"),
        pytest.param(
            placed(0, tipo=TipoEvento.COMPRA, **SALE),
            {"compras": 1, "unidades": 3, "receita": Decimal("59.70")},
            id="purchase",
        ),
        pytest.param(
            placed(0, tipo=TipoEvento.DEVOLUCAO, **SALE),
            {"devolucoes": 1, "unidades_devolvidas": 3, "valor_devolvido": Decimal("59.70")},
            id="return",
        ),
        pytest.param(
            placed(0, tipo=TipoEvento.CANCELAMENTO, **SALE),
            {"cancelamentos": 1, "unidades_devolvidas": 3, "valor_devolvido": Decimal("59.70")},
            id="cancellation",
        ),
        pytest.param(
            placed(0, quantidade=3, preco=Decimal("19.90")), {"cliques": 1}, id="a click sells none"
        ),
    ],
)
def test_what_each_type_counts(event: PlacedEvent, changes: dict[str, Any]) -> None:
    state = state_of(event)
    expected = Atividade(offset=0, primeira=START, ultima=START, sessoes=state.sessoes, **changes)
    assert state == expected


def test_money_is_exact_and_has_two_decimals() -> None:
    price = {**SALE, "quantidade": 1, "preco": Decimal("0.1")}
    events = [placed(n, tipo=TipoEvento.COMPRA, **price) for n in range(3)]
    assert str(state_of(*events).receita) == "0.30"


def test_events_up_to_the_offset_change_nothing() -> None:
    events = [placed(n, minute=n) for n in (3, 5, 9)]
    state = state_of(*events)
    assert applied(state, events) is state
    assert applied(state, [placed(8)]) is state
    again = applied(state, [*events, placed(10)])
    assert again is not None
    assert (again.offset, again.cliques) == (10, 4)


def test_a_late_event_moves_the_first_moment_and_not_the_last() -> None:
    state = state_of(placed(0, minute=60), placed(1, minute=10), placed(2, minute=90))
    assert (state.primeira, state.ultima) == (at(10), at(90))


@pytest.mark.parametrize(
    ("minutes", "spans"),
    [
        pytest.param([0, 29.9], [(0, 29.9)], id="a short gap"),
        pytest.param([0, 30], [(0, 0), (30, 30)], id="a gap of 30 minutes begins a session"),
        pytest.param([0, 50, 25], [(0, 50)], id="a late event closes the gap"),
        pytest.param([50, 0, 20], [(0, 20), (50, 50)], id="or does not"),
    ],
)
def test_sessions_without_an_id(minutes: list[float], spans: list[tuple[float, float]]) -> None:
    state = state_of(*(placed(n, minute=minute) for n, minute in enumerate(minutes)))
    assert [(s.inicio, s.fim) for s in state.sessoes] == [(at(a), at(b)) for a, b in spans]
    assert sum(s.cliques for s in state.sessoes) == len(minutes)


def test_an_id_holds_a_session_together() -> None:
    state = state_of(
        placed(0, id_sessao="a"),
        placed(1, minute=5),
        placed(2, minute=10, id_sessao="b", tipo=TipoEvento.ADICAO_CARRINHO),
        placed(3, minute=300, id_sessao="a", tipo=TipoEvento.COMPRA, **SALE),
    )
    assert state.sessoes == [
        Sessao(inicio=at(5), fim=at(5), cliques=1),
        Sessao(inicio=at(10), fim=at(10), id_sessao="b", carrinhos=1),
        Sessao(inicio=at(0), fim=at(300), id_sessao="a", cliques=1, compras=1),
    ]


def test_what_is_taken_back_is_in_no_session() -> None:
    state = state_of(placed(0), placed(1, minute=200, tipo=TipoEvento.DEVOLUCAO, **SALE))
    assert state.sessoes == [Sessao(inicio=START, fim=START, cliques=1)]
    assert state.ultima == at(200)


def test_only_the_last_sessions_are_kept() -> None:
    events = [placed(n, minute=n, id_sessao=f"s{n}") for n in range(MAX_SESSOES + 3)]
    kept = [session.id_sessao for session in state_of(*events).sessoes]
    assert kept == [f"s{n}" for n in range(3, MAX_SESSOES + 3)]


EVENTS = st.builds(
    dict,
    minute=st.integers(0, 5_000).map(lambda tenth: tenth / 10),
    id_sessao=st.sampled_from([None, None, "a", "b"]),
    kind=st.sampled_from(["click", "cart", "sale", "return"]),
)
KINDS: dict[str, dict[str, Any]] = {
    "click": {},
    "cart": {"tipo": TipoEvento.ADICAO_CARRINHO},
    "sale": {"tipo": TipoEvento.COMPRA, **SALE},
    "return": {"tipo": TipoEvento.DEVOLUCAO, **SALE},
}


def lies(specs: list[dict[str, Any]], partition: int) -> list[PlacedEvent]:
    """At every third offset, since a partition holds other customers' events too."""
    return [
        placed(
            3 * n,
            partition=partition,
            minute=spec["minute"],
            id_sessao=spec["id_sessao"],
            **KINDS[spec["kind"]],
        )
        for n, spec in enumerate(specs)
    ]


def stored(state: Atividade | None) -> Atividade | None:
    """As it comes back from MongoDB."""
    if state is None:
        return None
    return msgspec.convert(msgspec.to_builtins(state, builtin_types=(datetime,)), Atividade)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=25), st.lists(EVENTS, max_size=25), st.data())
def test_batches_and_rereading_and_interleaving_change_nothing(
    one: list[dict[str, Any]], other: list[dict[str, Any]], data: st.DataObject
) -> None:
    partitions = [lies(one, 0), lies(other, 1)]
    states: list[Atividade | None] = [None, None]
    read = [0, 0]
    while read != [len(events) for events in partitions]:
        chosen = data.draw(st.sampled_from([n for n in (0, 1) if read[n] < len(partitions[n])]))
        begin = data.draw(st.integers(0, read[chosen]))
        end = data.draw(st.integers(read[chosen] + 1, len(partitions[chosen])))
        states[chosen] = stored(applied(states[chosen], partitions[chosen][begin:end]))
        read[chosen] = end
    assert states == [applied(None, events) for events in partitions]
