"""Kafka records one by one into Arrow tables."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from event_contracts.evento import decode_evento
from event_contracts.rejection import Motivo, Rejeicao
from stream_processor.decoding import Decoded, decode_carefully, refuse_all
from stream_processor.feeds.eventos import EVENTS_SCHEMA, event_row
from stream_processor.rows import DEAD_SCHEMA

RECEIVED = datetime(2025, 5, 14, 19, 16, 5, 250_000, tzinfo=UTC)
SEED = (
    b'{"id_usuario": "u123", "tipo_evento": "clique", "id_produto": "p456", '
    b'"timestamp": "2025-05-14T19:16:00"}'
)
PURCHASE = (
    b'{"id_evento": "7D1B7B5E-32A7-4B7B-8C4E-2F4F6C1F9A10", "id_usuario": "u1", '
    b'"tipo_evento": "compra", "id_produto": "p1", "timestamp": "2025-05-14T16:16:00-03:00", '
    b'"id_pedido": "A", "quantidade": 3, "preco": 1e1}'
)


def _batch(values: list[bytes | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "key": pa.array([b"k"] * len(values), pa.binary()),
            "value": pa.array(values, pa.binary()),
            "partition": pa.array([1] * len(values), pa.int32()),
            "offset": pa.array(range(40, 40 + len(values)), pa.int64()),
            "timestamp": pa.array([RECEIVED] * len(values), pa.timestamp("us", tz="UTC")),
        }
    )


def _decoded(values: list[bytes | None]) -> Decoded:
    return decode_carefully(
        _batch(values), decode_evento, event_row, schema=EVENTS_SCHEMA, topic="eventos_clientes"
    )


def test_the_seed_event_becomes_a_row_named_after_its_offset() -> None:
    assert _decoded([SEED]).rows.to_pylist() == [
        {
            "id_usuario": "u123",
            "tipo_evento": "clique",
            "id_produto": "p456",
            "timestamp": datetime(2025, 5, 14, 19, 16),  # noqa: DTZ001
            "id_evento": "eventos_clientes-1-40",
            "id_pedido": None,
            "quantidade": None,
            "preco": None,
            "id_sessao": None,
            "versao": None,
            "kafka_partition": 1,
            "kafka_offset": 40,
            "recebido_em": datetime(2025, 5, 14, 19, 16, 5, 250_000),  # noqa: DTZ001
            "id_evento_original": None,
        }
    ]


def test_a_purchase_is_in_utc_with_two_decimals_and_a_canonical_id() -> None:
    (row,) = _decoded([PURCHASE]).rows.to_pylist()
    assert row["timestamp"] == datetime(2025, 5, 14, 19, 16)  # noqa: DTZ001
    assert row["preco"] == Decimal("10.00")
    assert row["id_evento"] == "7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10"


@pytest.mark.parametrize(
    ("value", "motivo"),
    [
        pytest.param(None, "vazio", id="a tombstone"),
        pytest.param(b"\xff\xfe", "nao_utf8", id="bytes"),
        pytest.param(b"{", "nao_json", id="half a document"),
        pytest.param(SEED.replace(b"2025", b"2035"), "data_futura", id="dated ahead"),
    ],
)
def test_a_dead_letter_keeps_its_bytes_and_its_reason(value: bytes | None, motivo: str) -> None:
    part = _decoded([SEED, value])
    (letter,) = part.dead.to_pylist()
    assert (letter["kafka_offset"], letter["motivo"]) == (41, motivo)
    assert (letter["chave"], letter["conteudo"]) == (b"k", value)
    assert part.rows.num_rows == 1


def test_what_a_store_refuses_is_a_dead_letter_whatever_is_in_it() -> None:
    rejection = Rejeicao(Motivo.RECUSADO_PELO_ARMAZEM, None, "too long")
    part = refuse_all(
        _batch([SEED, None]), rejection=rejection, schema=EVENTS_SCHEMA, topic="eventos_clientes"
    )
    letters = part.dead.to_pylist()
    assert [(d["kafka_offset"], d["conteudo"]) for d in letters] == [(40, SEED), (41, None)]
    assert {(d["motivo"], d["detalhe"]) for d in letters} == {("recusado_pelo_armazem", "too long")}
    assert part.rows == EVENTS_SCHEMA.empty_table()


def test_empty_tables_keep_their_schema() -> None:
    assert _decoded([]).rows.schema == EVENTS_SCHEMA
    assert _decoded([]).dead.schema == DEAD_SCHEMA
