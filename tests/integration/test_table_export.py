"""Tables of a real warehouse as Parquet files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.events import SEED
from tests.support.redshift import LocalRedshift
from tests.support.warehouse_store import Store, running_store

from batch_etl import table_export
from batch_etl.table_export import export_table, table_of
from service_runtime.errors import PermanentError, TransientError
from warehouse.arrow_schema import arrow_schema
from warehouse.tables import TABLES

PURCHASE = {**SEED, "tipo_evento": "compra", "id_pedido": "o1", "quantidade": 2, "preco": 19.9}
NOT_JSON = b"\xff\x00{"


@pytest.fixture(scope="module")
def store(redshift: LocalRedshift) -> Iterator[Store]:
    """With a click, a sale, and a record that is neither."""
    with running_store(redshift) as running:
        values = [json.dumps(each).encode() for each in (SEED, PURCHASE)]
        running.load([*values, NOT_JSON], writer=running.take_over(), off_from=0)
        yield running


def exported(store: Store, name: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of the file, which are as many as is said."""
    path = folder / "table.parquet"
    rows = export_table(store.warehouse, table_of(name), path)
    table = pq.read_table(path)
    assert table.schema == arrow_schema(table_of(name))
    assert table.num_rows == rows == store.count(name)
    found: list[dict[str, Any]] = table.to_pylist()
    return found


@pytest.mark.parametrize("name", [table.name for table in TABLES])
def test_every_table_is_written_as_it_is(store: Store, tmp_path: Path, name: str) -> None:
    schema = arrow_schema(table_of(name))
    binary = {field.name for field in schema if pa.types.is_binary(field.type)}
    found = [
        [v.hex() if k in binary and v is not None else v for k, v in row.items()]
        for row in exported(store, name, tmp_path)
    ]
    expected = store.rows(f"SELECT {table_of(name).column_list} FROM {name}")
    assert sorted(map(repr, found)) == sorted(map(repr, map(list, expected)))


def test_what_could_not_be_read_is_there_byte_by_byte(store: Store, tmp_path: Path) -> None:
    (row,) = exported(store, "eventos_rejeitados", tmp_path)
    assert (row["chave"], row["conteudo"]) == (b"k", NOT_JSON)


def test_rows_come_in_batches(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = exported(store, "eventos_clientes", tmp_path)
    monkeypatch.setattr(table_export, "_ROWS", 1)
    assert exported(store, "eventos_clientes", tmp_path) == whole
    assert pq.ParquetFile(tmp_path / "table.parquet").num_row_groups == len(whole) == 2


def test_a_file_stays_as_it_was_where_the_export_fails(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_text("before")
    with store.warehouse.transaction() as transaction:
        transaction.execute("ALTER TABLE estoque RENAME TO outro")
    try:
        with pytest.raises((PermanentError, TransientError)):
            export_table(store.warehouse, table_of("estoque"), path)
    finally:
        with store.warehouse.transaction() as transaction:
            transaction.execute("ALTER TABLE outro RENAME TO estoque")
    assert [each.name for each in tmp_path.iterdir()] == ["table.parquet"]
    assert path.read_text() == "before"


def test_a_table_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(PermanentError, match=r"no table venda; there are .*vendas"):
        table_of("venda")
