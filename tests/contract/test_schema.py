"""What exists once stays once: models, Arrow and Spark schemas, DDL and SQL say the same."""

import re
from dataclasses import fields

import pyarrow as pa
import pytest

from event_contracts import names
from event_contracts.evento import Evento, TipoEvento
from event_contracts.record import MAX_TEXT_BYTES
from event_contracts.rejection import Motivo
from stream_processor import staging_task
from stream_processor.rows import DEAD_SCHEMA, EVENTS_SCHEMA
from warehouse import load
from warehouse.schema import TABLES, ddl

COLUMN = re.compile(r'^    "?(\w+)"? ([A-Z]+(?:\([\d, ]+\))?)( NOT NULL)?', re.MULTILINE)

ARROW_OF_SQL = {
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(18, 2)": pa.decimal128(18, 2),
}


def _columns(table: str) -> dict[str, str]:
    found = COLUMN.findall(ddl(table))
    return {name: kind for name, kind, _ in found if name != "PRIMARY"}


def _arrow_type(sql: str) -> pa.DataType:
    if sql.startswith("VARCHAR"):
        return pa.string()
    if sql.startswith("VARBYTE"):
        return pa.binary()
    return ARROW_OF_SQL[sql]


@pytest.mark.parametrize(
    ("table", "schema"),
    [(names.TABLE_EVENTOS, EVENTS_SCHEMA), (names.TABLE_REJEITADOS, DEAD_SCHEMA)],
)
def test_staged_files_have_the_columns_of_their_table_in_order(
    table: str, schema: pa.Schema
) -> None:
    assert [(f.name, f.type) for f in schema] == [
        (name, _arrow_type(kind)) for name, kind in _columns(table).items()
    ]


def test_every_field_of_an_event_is_a_column() -> None:
    assert set(Evento.__struct_fields__) <= set(_columns(names.TABLE_EVENTOS))


def test_the_columns_asked_for_come_first() -> None:
    assert list(_columns(names.TABLE_EVENTOS))[:4] == [
        "id_usuario",
        "tipo_evento",
        "id_produto",
        "timestamp",
    ]
    assert list(_columns(names.TABLE_VENDAS))[:5] == [
        "id_pedido",
        "id_produto",
        "quantidade",
        "preco",
        "data",
    ]


def test_texts_that_the_model_accepts_fit() -> None:
    for table in (names.TABLE_EVENTOS, names.TABLE_VENDAS):
        columns = _columns(table)
        for name in ("id_usuario", "id_produto", "id_pedido", "id_sessao"):
            if name in columns:
                assert columns[name] == f"VARCHAR({MAX_TEXT_BYTES})"
    assert max(map(len, TipoEvento)) <= 16
    assert max(map(len, Motivo)) <= 32


def test_the_loader_names_every_column_of_the_events() -> None:
    listed = re.findall(r"\w+", load._COLUMNS)
    assert listed == list(_columns(names.TABLE_EVENTOS))


def test_every_table_has_a_name_and_a_file() -> None:
    named = {value for key, value in vars(names).items() if key.startswith("TABLE_")}
    assert named == set(TABLES)


def test_what_a_task_hands_over_is_what_spark_expects() -> None:
    assert staging_task.STAGED_SCHEMA.names == [f.name for f in fields(staging_task.StagedPart)]
