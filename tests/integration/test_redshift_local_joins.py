"""Joins stay joins by hash or index where a table has no statistics, as on a fresh platform, or old
ones, as in the transaction of a bulk load."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from redshift_connector import Connection
from tests.support.events import SEED
from tests.support.redshift import LocalRedshift
from tests.support.redshift_sql import rows, run
from tests.support.warehouse_store import NOW, Store, running_store

from warehouse.feeds.eventos import EVENTOS
from warehouse.feeds.feed import Bounds

EVENTS = 50_000
DEADLINE_SECONDS = 180
"""For three batches, each of about a second; a nested loop over two of them takes minutes."""


def events(number: int) -> list[bytes]:
    """A batch of which the first fifth repeats the batch before."""
    first = number * EVENTS * 4 // 5
    return [
        json.dumps(
            {
                **SEED,
                "timestamp": f"{NOW - timedelta(seconds=offset % 600):%Y-%m-%dT%H:%M:%S}",
                "id_evento": str(UUID(int=offset * 0x9E3779B97F4A7C15 % 2**64)),
            }
        ).encode()
        for offset in range(first + 1, first + 1 + EVENTS)
    ]


@pytest.fixture
def store(redshift: LocalRedshift) -> Iterator[Store]:
    """Tables of the test's own, so without statistics."""
    with running_store(redshift) as running:
        yield running


@pytest.mark.timeout(DEADLINE_SECONDS)
def test_batches_after_the_first_are_not_joined_row_by_row(store: Store) -> None:
    writer = store.take_over()
    for number in range(3):
        store.load(events(number), writer=writer, off_from=number * EVENTS)
    found = store.rows("SELECT COUNT(*), COUNT(DISTINCT id_evento) FROM eventos_clientes")
    assert found == [[EVENTS * 13 // 5] * 2]


def test_events_that_are_held_are_looked_up_and_not_read(store: Store) -> None:
    """Without statistics of them, as while a shop writes faster than these are renewed."""
    store.load(events(0)[:1000], writer=store.take_over(), off_from=0)
    bounds = Bounds(NOW, NOW)
    with store.warehouse.transaction() as transaction:
        transaction.execute("CREATE TEMP TABLE lote (LIKE eventos_clientes)")
        transaction.execute("INSERT INTO lote SELECT * FROM eventos_clientes")
        found = transaction.rows(f"EXPLAIN {EVENTOS.select_new(bounds)}")
    assert re.search("Index (Only )?Scan using eventos_clientes", str(found))


def test_a_transaction_that_writes_many_rows_twice_goes_on(connection: Connection) -> None:
    """Before the statement after each of the two the proxy sends one of its own."""
    run(connection, "CREATE TABLE muitas (n BIGINT)", "CREATE TABLE dez (n BIGINT)")
    run(connection, f"INSERT INTO dez VALUES {', '.join(f'({n})' for n in range(10))}")
    others = "".join(f", dez AS d{number}" for number in range(4))
    for one in ("1", "2"):
        run(connection, f"INSERT INTO muitas SELECT {one} FROM dez AS a{others}")
    assert rows(connection, "SELECT COUNT(*) FROM muitas") == [[200_000]]
    connection.commit()


_SALES_OF_DAY = """
EXPLAIN SELECT COUNT(categoria) FROM vendidas
LEFT JOIN artigos ON artigos.id_produto = vendidas.id_produto
WHERE "data" >= '2026-02-01 00:00:00' AND "data" < '2026-02-02 00:00:00'
"""
_SOLD = """
INSERT INTO vendidas SELECT n, '{day}' FROM (
    SELECT ROW_NUMBER() OVER (ORDER BY a.id_produto) AS n FROM artigos AS a, artigos AS b
) AS numeradas WHERE n <= {rows}
"""


def plan(connection: Connection) -> str:
    return "\n".join(str(row) for row in rows(connection, _SALES_OF_DAY))


def test_a_bulk_load_does_not_go_by_the_statistics_from_before_it(
    connection: Connection,
) -> None:
    run(
        connection,
        "CREATE TABLE artigos (id_produto BIGINT NOT NULL, categoria VARCHAR(20))",
        'CREATE TABLE vendidas (id_produto BIGINT NOT NULL, "data" TIMESTAMP NOT NULL)',
    )
    names = ", ".join(f"({number}, 'a')" for number in range(2000))
    run(connection, f"INSERT INTO artigos VALUES {names}")
    run(connection, _SOLD.format(day="2026-01-01", rows=50_000), "ANALYZE vendidas")
    run(connection, "ANALYZE artigos")
    connection.commit()
    run(connection, _SOLD.format(day="2026-02-01", rows=90_000))
    assert "Nested Loop" in plan(connection)
    connection.rollback()
    run(connection, _SOLD.format(day="2026-02-01", rows=100_000))
    assert "Hash" in plan(connection)
