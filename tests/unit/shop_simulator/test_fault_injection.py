"""What goes wrong on purpose, in known numbers and in one way each."""

import random
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from tests.support.unlimited_stock import in_stock

from event_contracts.evento import Evento, decode_evento
from event_contracts.rejection import OF_A_STORE, Motivo
from shop_simulator.broken import broken_event
from shop_simulator.fault_injection import (
    LATE_MINUTES,
    REPEAT_AFTER,
    FaultInjector,
    Sending,
    Shares,
)
from shop_simulator.record import Kind
from shop_simulator.shop_factory import build_shop
from shop_simulator.visits import Ids

NOW = datetime(2025, 5, 14, 19, 20, 0, 123_456, tzinfo=UTC)
SHOP = build_shop(7, customers=100)


ALL = Shares(late=0.1, repeated=0.1, broken=0.1, via_kafka=0.5)


def sendings(shares: Shares, count: int, *, now: datetime = NOW, run: str = "r") -> list[Sending]:
    actions = SHOP.actions(random.Random(1), Ids(1, run), in_stock)
    faults = FaultInjector(actions, random.Random(2), shares=shares, run=run)
    return [faults.next(now) for _ in range(count)]


def of_kind(sent: list[Sending], *kinds: Kind) -> list[Sending]:
    return [sending for sending in sent if sending.entry.kind in kinds]


def test_without_faults_all_is_normal_and_now() -> None:
    sent = sendings(Shares(), 300)
    assert {sending.entry.kind for sending in sent} == {Kind.NORMAL}
    assert {sending.entry.timestamp for sending in sent} == {NOW}


def test_the_same_seed_makes_the_same_faults() -> None:
    assert sendings(ALL, 3000) == sendings(ALL, 3000)


def test_the_clock_changes_times_only() -> None:
    first, later = (sendings(ALL, 3000, now=now) for now in (NOW, NOW + timedelta(days=9)))
    assert [(s.entry.kind, s.entry.id_evento) for s in first] == [
        (s.entry.kind, s.entry.id_evento) for s in later
    ]


def test_the_shares_are_kept() -> None:
    sent = sendings(ALL, 20_000)
    for kinds in ((Kind.LATE,), (Kind.REPEATED,), (Kind.BROKEN_HTTP, Kind.BROKEN_KAFKA)):
        assert len(of_kind(sent, *kinds)) == pytest.approx(2000, rel=0.25)
    assert of_kind(sent, Kind.BROKEN_HTTP)
    assert of_kind(sent, Kind.BROKEN_KAFKA)


def test_good_events_are_what_their_lines_say() -> None:
    for sending in of_kind(sendings(ALL, 2000), Kind.NORMAL, Kind.LATE, Kind.REPEATED):
        evento = decode_evento(sending.value, received_at=NOW)
        assert isinstance(evento, Evento)
        entry = sending.entry
        assert (str(evento.id_evento), evento.id_usuario) == (entry.id_evento, entry.id_usuario)
        assert (evento.tipo_evento, evento.id_produto) == (entry.tipo_evento, entry.id_produto)
        assert (evento.id_pedido, evento.quantidade) == (entry.id_pedido, entry.quantidade)
        assert (evento.preco, evento.timestamp) == (entry.preco, entry.timestamp)


def test_late_is_minutes_to_hours() -> None:
    ages = [NOW - (s.entry.timestamp or NOW) for s in of_kind(sendings(ALL, 5000), Kind.LATE)]
    shortest, longest = (timedelta(minutes=minutes) for minutes in LATE_MINUTES)
    assert shortest <= min(ages) < max(ages) <= longest
    assert max(ages) > timedelta(hours=3)


def test_a_repeat_is_the_same_event_much_later() -> None:
    first_at: dict[str | None, tuple[int, bytes]] = {}
    for position, sending in enumerate(sendings(ALL, 10_000)):
        if sending.entry.kind is Kind.REPEATED:
            before, value = first_at[sending.entry.id_evento]
            assert value == sending.value
            assert position - before >= REPEAT_AFTER[0]
        elif sending.entry.id_evento:
            assert sending.entry.id_evento not in first_at
            first_at[sending.entry.id_evento] = (position, sending.value)


def test_a_broken_event_is_wrong_for_the_one_reason_told() -> None:
    sent = of_kind(sendings(ALL, 20_000), Kind.BROKEN_HTTP, Kind.BROKEN_KAFKA)
    for sending in sent:
        decoded = decode_evento(sending.value, received_at=NOW)
        assert isinstance(decoded, list)
        assert {rejection.motivo for rejection in decoded} == {sending.entry.motivo}
    assert {sending.entry.motivo for sending in sent} == set(Motivo) - OF_A_STORE
    assert len({sending.entry.chave for sending in sent}) == len(sent)


def test_every_reason_has_a_broken_event() -> None:
    rng = random.Random(1)
    good = {"id_usuario": "u", "tipo_evento": "clique", "id_produto": "p", "timestamp": "x"}
    made = (broken_event(rng, good, now=NOW)[0] for _ in range(1000))
    assert set(islice(made, 1000)) == set(Motivo) - OF_A_STORE
