"""Joins stay joins by hash or index where a table has no statistics, as on a fresh platform, or old
ones, as in the transaction of a bulk load."""

import time
from datetime import UTC, datetime

import pyarrow as pa
from redshift_connector import Connection
from tests.support.redshift import LocalRedshift
from tests.support.redshift_sql import copy, rows, run

EVENTS = 50_000
RATIO = 15
"""How much longer than the first a batch may take; a nested loop over both takes 300 times that."""

NEW_EVENTS = """
CREATE TEMP TABLE lote_novos AS
SELECT lote.id_evento, lote."timestamp", lote.kafka_offset
FROM (
    SELECT id_evento, "timestamp", kafka_offset, ROW_NUMBER() OVER (
        PARTITION BY id_evento ORDER BY kafka_offset
    ) AS vez
    FROM lote_eventos
) AS lote
LEFT JOIN eventos AS gravado ON gravado.id_evento = lote.id_evento
    AND gravado."timestamp" BETWEEN '2025-12-25 00:00:00' AND '2026-01-08 00:00:00'
WHERE lote.vez = 1 AND gravado.id_evento IS NULL
"""


def batch(number: int) -> pa.Table:
    """Events of which the first fifth repeats the batch before."""
    first = number * EVENTS * 4 // 5
    offsets = range(first, first + EVENTS)
    second = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    return pa.table(
        {
            "id_evento": [f"{offset * 0x9E3779B97F4A7C15 % 2**64:032x}" for offset in offsets],
            "timestamp": pa.array(
                [(second + n % 600) * 1_000_000 for n in offsets], pa.int64()
            ).cast(pa.timestamp("us")),
            "kafka_offset": pa.array(offsets, pa.int64()),
        }
    )


def load(connection: Connection, manifest: str) -> float:
    """How many seconds one batch takes from its temporary table to its commit."""
    run(connection, "CREATE TEMP TABLE lote_eventos (LIKE eventos)", copy("lote_eventos", manifest))
    start = time.perf_counter()
    run(connection, NEW_EVENTS, "INSERT INTO eventos SELECT * FROM lote_novos")
    connection.commit()
    taken = time.perf_counter() - start
    run(connection, "DROP TABLE lote_eventos", "DROP TABLE lote_novos")
    return taken


def test_batches_after_the_first_are_about_as_fast(
    redshift: LocalRedshift, connection: Connection
) -> None:
    run(
        connection,
        'CREATE TABLE eventos (id_evento VARCHAR(300) NOT NULL, "timestamp" TIMESTAMP NOT NULL, '
        "kafka_offset BIGINT NOT NULL, PRIMARY KEY (id_evento)) "
        'DISTKEY (id_evento) SORTKEY ("timestamp")',
    )
    connection.commit()
    manifests = [redshift.stage(f"joins/{number}", batch(number)) for number in range(3)]
    first, *later = [load(connection, manifest) for manifest in manifests]
    assert max(later) < RATIO * first
    found = rows(connection, "SELECT COUNT(*), COUNT(DISTINCT id_evento) FROM eventos")
    assert found == [[EVENTS * 13 // 5] * 2]


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
