"""Records as the columns that the live figures count."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from stream_processor.feeds.eventos import EVENTS_SCHEMA
from stream_processor.metrics_columns import columns_of, events, gather, orders

AGORA = datetime(2025, 5, 14, 12, 0, 30, tzinfo=UTC)
SECOND = int(AGORA.timestamp())
NOON = SECOND - 30
MINUTE = timedelta(minutes=1)


def a_row(**changes: Any) -> dict[str, Any]:
    base = {
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "timestamp": AGORA,
        "id_evento": "e1",
        "recebido_em": AGORA,
    }
    row = dict.fromkeys(EVENTS_SCHEMA.names) | base | changes
    for name in ("timestamp", "recebido_em"):
        row[name] = row[name].replace(tzinfo=None)
    return row


def a_line(tipo: str, units: int, price: str, **changes: Any) -> dict[str, Any]:
    line = {"id_pedido": "o1", "quantidade": units, "preco": Decimal(price)}
    return a_row(tipo_evento=tipo, **line, **changes)


def table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), EVENTS_SCHEMA)


def an_event(row: dict[str, Any]) -> dict[str, Any]:
    (found,) = events(table(row), AGORA).to_pylist()
    return dict(found)


def test_a_click_counts_for_its_product() -> None:
    assert an_event(a_row()) == {
        "id": "e1",
        "chegada": AGORA,
        "tipo": "visualizacoes",
        "minuto": NOON,
        "chave": "p1",
        "n": 1,
        "unidades": 0,
        "receita": Decimal("0.00"),
        "id_usuario": "u1",
        "atividade": SECOND,
    }


def test_a_cart_shows_only_that_its_customer_is_active() -> None:
    found = an_event(a_line("adicao_carrinho", 2, "9.90"))
    assert (found["tipo"], found["unidades"], found["receita"]) == (None, 0, 0)
    assert (found["id_usuario"], found["atividade"]) == ("u1", SECOND)


@pytest.mark.parametrize(
    ("tipo", "units", "price", "expected"),
    [
        pytest.param("compra", 2, "19.90", (2, "39.80"), id="bought"),
        pytest.param("devolucao", 2, "19.90", (-2, "-39.80"), id="brought back"),
        pytest.param("cancelamento", 1, "0.05", (-1, "-0.05"), id="cancelled"),
        pytest.param(
            "compra", 1_000_000, "99999999.99", (1_000_000, "99999999990000.00"), id="largest line"
        ),
    ],
)
def test_a_sale_and_what_takes_it_back(
    tipo: str, units: int, price: str, expected: tuple[int, str]
) -> None:
    found = an_event(a_line(tipo, units, price))
    assert (found["tipo"], found["chave"], found["n"]) == ("vendas", "", 0)
    assert (found["unidades"], found["receita"]) == (expected[0], Decimal(expected[1]))


@pytest.mark.parametrize(
    ("claimed", "arrived", "expected"),
    [
        pytest.param(5, 0, 0, id="a fast clock makes nobody active for longer"),
        pytest.param(-5, 0, -5, id="an event that was long under way"),
        pytest.param(9, 9, 0, id="a broker whose clock is fast"),
    ],
)
def test_activity(claimed: int, arrived: int, expected: int) -> None:
    row = a_row(timestamp=AGORA + claimed * MINUTE, recebido_em=AGORA + arrived * MINUTE)
    assert an_event(row)["atividade"] == SECOND + 60 * expected


def test_an_order_is_named_once_for_all_of_its_lines_whatever_takes_them_back() -> None:
    lines = [a_line("compra", 1, "1.00"), a_line("compra", 2, "2.00"), a_line("devolucao", 1, "1")]
    found = orders(table(*lines, a_row()), AGORA).to_pylist()
    assert [(o["id"], o["tipo"], o["minuto"], o["n"]) for o in found] == [
        ("pedido/o1", "vendas", NOON, 1),
        ("pedido/o1", "vendas", NOON, 1),
    ]
    assert {(o["unidades"], o["receita"], o["id_usuario"]) for o in found} == {(0, 0, None)}


def records(*moments: datetime | None) -> pa.RecordBatch:
    """Clicks at these moments; None is not an event."""
    size = len(moments)
    values = [
        json.dumps(
            {
                "id_usuario": "u",
                "tipo_evento": "clique",
                "id_produto": "p",
                "timestamp": m.isoformat(),
            }
        )
        if m
        else "?"
        for m in moments
    ]
    return pa.RecordBatch.from_pydict(
        {
            "key": pa.nulls(size, pa.binary()),
            "value": [value.encode() for value in values],
            "partition": pa.array([3] * size, pa.int32()),
            "offset": list(range(size)),
            "timestamp": pa.array([AGORA] * size, pa.timestamp("us", tz="UTC")),
            "agora": pa.array([AGORA] * size, pa.timestamp("us", tz="UTC")),
        }
    )


def test_only_valid_events_are_rows_and_one_without_id_is_named_after_its_offset() -> None:
    found = columns_of(records(None, AGORA))
    assert found["id_evento"].to_pylist() == ["eventos_clientes-3-1"]


@pytest.mark.parametrize(
    ("first_minute", "expected"),
    [
        pytest.param(0, [NOON - 3600, NOON, NOON + 300], id="an hour is kept"),
        pytest.param(NOON, [NOON, NOON + 300], id="minutes not seen whole keep their values"),
    ],
)
def test_which_events_count(first_minute: int, expected: list[int]) -> None:
    batch = records(AGORA - 61 * MINUTE, AGORA - 60 * MINUTE, AGORA, AGORA + 5 * MINUTE)
    found = [m for part in gather([batch], first_minute) for m in part["minuto"].to_pylist()]
    assert found == expected


def test_a_batch_of_nothing_yields_nothing() -> None:
    assert sum(part.num_rows for part in gather([records().slice(0, 0)], 0)) == 0
    assert sum(part.num_rows for part in gather([records(None)], 0)) == 0
