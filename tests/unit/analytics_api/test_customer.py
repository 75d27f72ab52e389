"""What is told of a customer, from what several partitions hold."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from analytics_api.cursor import CursorError, encode_cursor
from analytics_api.customer import Customer, LoggedEvent, cursor_after, mark_of, told_of
from analytics_api.models import SessaoDoUsuario
from event_contracts.atividade import MAX_SESSOES, Atividade, Sessao

NOON = datetime(2025, 5, 14, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def activity(first: float, last: float, *sessions: Sessao, **counts: int) -> Atividade:
    money = {"receita": Decimal("10.10"), "valor_devolvido": Decimal("0.05")}
    span = {"primeira": at(first), "ultima": at(last)}
    return Atividade(offset=9, **span, **money, **counts, sessoes=list(sessions))


def visit(first: float, last: float, id_sessao: str | None = None, cliques: int = 1) -> Sessao:
    return Sessao(inicio=at(first), fim=at(last), id_sessao=id_sessao, cliques=cliques)


def test_partitions_are_added_up() -> None:
    found = Customer(
        {"0": activity(5, 50, cliques=2, compras=1), "3": activity(1, 9, cliques=3, devolucoes=1)},
        [],
    )
    told = told_of("u1", found, limite=10)
    assert (told.cliques, told.compras, told.devolucoes, told.carrinhos) == (5, 1, 1, 0)
    assert (told.receita, told.valor_devolvido) == (Decimal("20.20"), Decimal("0.10"))
    assert (told.primeira_atividade, told.ultima_atividade) == (at(1), at(50))


def test_a_customer_whose_events_are_not_read_yet() -> None:
    told = told_of("u1", Customer({}, []), limite=10)
    assert (told.primeira_atividade, told.cliques, told.receita) == (None, 0, Decimal(0))
    assert '"receita":"0.00"' in told.model_dump_json()


def test_parts_of_a_session_in_several_partitions_are_one() -> None:
    found = Customer(
        {
            "0": activity(0, 300, visit(0, 0), visit(40, 45), visit(100, 300, "a")),
            "1": activity(0, 200, visit(20, 21), visit(90, 200, "a"), visit(190, 191)),
        },
        [],
    )
    spans = [(s.id_sessao, s.inicio, s.fim, s.cliques) for s in sessions(found)]
    assert spans == [
        ("a", at(90), at(300), 2),
        (None, at(190), at(191), 1),
        (None, at(0), at(45), 3),
    ]


def test_only_the_last_sessions_of_all_partitions_are_told() -> None:
    many = [visit(100 * n, 100 * n, f"s{n}") for n in range(MAX_SESSOES)]
    found = Customer({"0": activity(0, 0, *many), "1": activity(0, 0, visit(950, 950))}, [])
    assert [s.id_sessao for s in sessions(found)][:3] == [None, "s9", "s8"]
    assert len(sessions(found)) == MAX_SESSOES


def sessions(found: Customer) -> list[SessaoDoUsuario]:
    return told_of("u1", found, limite=1).sessoes


def test_a_cursor_says_where_the_page_ended() -> None:
    moment = NOON + timedelta(milliseconds=7)
    event = LoggedEvent(id="t:0-1", tipo_evento="clique", id_produto="p", data=moment)
    mark = mark_of(cursor_after(event))
    assert (mark.data, mark.id) == (moment, "t:0-1")


@pytest.mark.parametrize("text", ["x:a", ":", "1:", "01:a", "9" * 30 + ":a", "a"])
def test_other_cursors_are_refused(text: str) -> None:
    with pytest.raises(CursorError):
        mark_of(encode_cursor(text))
