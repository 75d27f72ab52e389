"""Records as the columns that the live figures count."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from stream_processor.counting_task import events, gather, read_parts
from stream_processor.feeds.eventos import EVENTS_SCHEMA

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


def test_an_event_as_the_figures_count_it() -> None:
    assert an_event(a_row(id_pedido="o1")) == {
        "id": "e1",
        "chegada": SECOND,
        "tipo": "clique",
        "minuto": NOON,
        "id_produto": "p1",
        "id_pedido": "o1",
        "unidades": 0,
        "receita": Decimal("0.00"),
        "id_usuario": "u1",
        "atividade": SECOND,
    }


@pytest.mark.parametrize(
    ("tipo", "units", "price", "expected"),
    [
        pytest.param("adicao_carrinho", 2, "19.90", (2, "39.80"), id="put into a cart"),
        pytest.param("clique", 2, "19.90", (0, "0.00"), id="neither"),
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


def gathered(batch: pa.RecordBatch, first_minute: int = 0) -> pa.Table:
    (part,) = gather([batch], first_minute)
    (row,) = part.to_pylist()
    assert (row["partition"], row["read_until"]) == (3, SECOND)
    return read_parts([row["events"]])


def test_only_valid_events_are_rows_and_one_without_id_is_named_after_its_offset() -> None:
    assert gathered(records(None, AGORA))["id"].to_pylist() == ["eventos_clientes-3-1"]
    assert gathered(records(None)).num_rows == 0


@pytest.mark.parametrize(
    ("first_minute", "expected"),
    [
        pytest.param(0, [NOON - 3600, NOON, NOON + 300], id="an hour is kept"),
        pytest.param(NOON, [NOON, NOON + 300], id="minutes not seen whole keep their values"),
    ],
)
def test_which_events_count(first_minute: int, expected: list[int]) -> None:
    batch = records(AGORA - 61 * MINUTE, AGORA - 60 * MINUTE, AGORA, AGORA + 5 * MINUTE)
    assert gathered(batch, first_minute)["minuto"].to_pylist() == expected


def test_a_task_without_records_yields_nothing() -> None:
    assert list(gather([], 0)) == []


def test_parts_are_read_in_their_order() -> None:
    parts = [part.to_pylist()[0]["events"] for part in gather([records(AGORA, AGORA)], 0)] * 2
    names = ["eventos_clientes-3-0", "eventos_clientes-3-1"]
    assert read_parts(parts)["id"].to_pylist() == names * 2
