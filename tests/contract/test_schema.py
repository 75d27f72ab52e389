"""What exists once stays once: models, declared tables and migrations say the same."""

import re
from dataclasses import fields

import pyarrow as pa
import pytest

from event_contracts import names
from event_contracts.evento import Evento, TipoEvento
from event_contracts.rejection import Motivo
from event_contracts.texts import MAX_TEXT_BYTES
from stream_processor import staging_task
from stream_processor.decoding import Decoded
from stream_processor.feeds import DECODERS
from warehouse import migrations, tables
from warehouse.arrow_schema import arrow_schema
from warehouse.feeds import FEEDS, feed_of
from warehouse.tables import TABLES, Column, Table

CREATE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\)", re.DOTALL)
COLUMN = re.compile(r'^    "?(\w+)"? ([A-Z]+(?:\([\d, ]+\))?)( NOT NULL)?', re.MULTILINE)
RENAME = re.compile(r"ALTER TABLE (\w+) RENAME TO (\w+)")
ADD = re.compile(r'ALTER TABLE (\w+) ADD COLUMN "?(\w+)"? ([A-Z]+(?:\([\d, ]+\))?)(.*NOT NULL)?')
DROP = re.compile(r"DROP TABLE (\w+)")
COLUMNS = {table.name: {c.name: c for c in table.columns} for table in TABLES}


def _migrated() -> dict[str, Table]:
    """The schema that all migrations together make, read off their statements."""
    found: dict[str, list[Column]] = {}
    scripts = [migrations._RECORD_TABLE]
    scripts += [s for m in migrations.known_migrations() for s in m.changes]
    for statement in scripts:
        if created := CREATE.match(statement.strip()):
            listed = COLUMN.findall(created[2])
            found[created[1]] = [
                Column(n, kind, not rest) for n, kind, rest in listed if n != "PRIMARY"
            ]
        elif renamed := RENAME.match(statement):
            found[renamed[2]] = found.pop(renamed[1])
        elif added := ADD.match(statement):
            found[added[1]].append(Column(added[2], added[3], nullable=not added[4]))
        elif dropped := DROP.match(statement):
            del found[dropped[1]]
    return {name: Table(name, tuple(columns)) for name, columns in found.items()}


def test_the_migrations_make_the_declared_tables() -> None:
    migrated = _migrated()
    assert {name: migrated[name] for name in sorted(migrated)} == {
        table.name: table for table in sorted(TABLES, key=lambda t: t.name)
    }


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [m.number for m in migrations.known_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_field_of_an_event_is_a_column() -> None:
    """But for what is spent when the event is decoded."""
    stored = set(Evento.__struct_fields__) - {"enviado_em"}
    assert stored <= set(COLUMNS[names.TABLE_EVENTOS])


@pytest.mark.parametrize(
    ("table", "first"),
    [
        ("eventos_clientes", ["id_usuario", "tipo_evento", "id_produto", "timestamp"]),
        ("vendas", ["id_pedido", "id_produto", "quantidade", "preco", "data"]),
        ("estoque", ["id_produto", "nivel_estoque", "ultima_atualizacao"]),
    ],
)
def test_the_columns_asked_for_come_first(table: str, first: list[str]) -> None:
    assert list(COLUMNS[table])[: len(first)] == first


def test_texts_that_the_model_accepts_fit() -> None:
    ids = {"id_usuario", "id_produto", "id_pedido", "id_sessao", "id_armazem", "id_evento_original"}
    lengths = {c.type for table in TABLES for c in table.columns if c.name in ids}
    assert lengths == {f"VARCHAR({MAX_TEXT_BYTES})"}
    assert max(map(len, TipoEvento)) <= 16
    assert max(map(len, Motivo)) <= 32


def test_arrow_has_a_type_for_each_declared_column() -> None:
    assert arrow_schema(tables.VENDAS).field("preco").type == pa.decimal128(18, 2)
    assert [f.name for f in arrow_schema(tables.REJEITADOS)] == list(COLUMNS["eventos_rejeitados"])
    for table in TABLES:
        assert len(arrow_schema(table)) == len(table.columns)


def test_every_table_has_a_name() -> None:
    named = {value for key, value in vars(names).items() if key.startswith("TABLE_")}
    assert named == set(COLUMNS)


def test_every_topic_has_a_feed_and_a_decoder() -> None:
    assert {feed.topic for feed in FEEDS} == set(names.TOPICS) == set(DECODERS)


@pytest.mark.parametrize("topic", names.TOPICS)
def test_a_decoder_yields_the_columns_of_its_table(topic: str) -> None:
    kafka = pa.schema(
        [
            ("topic", pa.string()),
            ("key", pa.binary()),
            ("value", pa.binary()),
            ("partition", pa.int32()),
            ("offset", pa.int64()),
            ("timestamp", pa.timestamp("us", tz="UTC")),
        ]
    )
    decoded: Decoded = DECODERS[topic](pa.RecordBatch.from_pylist([], schema=kafka))
    assert decoded.rows.schema == arrow_schema(feed_of(topic).table)
    assert decoded.dead.schema == arrow_schema(tables.REJEITADOS)
    assert feed_of(topic).event_time in decoded.rows.column_names


def test_what_a_task_hands_over_is_what_spark_expects() -> None:
    assert staging_task.STAGED_SCHEMA.names == [f.name for f in fields(staging_task.StagedPart)]
