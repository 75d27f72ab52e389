"""What loading sales into the warehouse costs beside raw COPY of the same rows."""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa
from tests.bench.cpu import cpu_seconds, family
from tests.bench.sales_files import FIRST, sales_of
from tests.bench.stream import Figures
from tests.support.history_loads import compute_figures, load_staged
from tests.support.redshift import local_redshift
from tests.support.warehouse_store import NOW, Store, running_store

from warehouse.arrow_schema import arrow_schema
from warehouse.copy_statement import copy_parquet
from warehouse.history.planned_copy import plan_copy
from warehouse.history.staged import OF_EVERY_SALE, StagedSales
from warehouse.history.versions import FileVersion
from warehouse.tables import VENDAS

DAYS: Final = 5
ROWS: Final = 40_000
"""Of each day and file."""
FILES: Final = 3
RAW_TABLES: Final = {
    "raw": "LIKE vendas",
    "raw without keys": ", ".join(f'"{column.name}" {column.type}' for column in VENDAS.columns),
}
"""What raw COPY fills: a table with the keys of `vendas`, or with none."""
_ROWS: Final = """
    SELECT {id_carga}::BIGINT AS id_carga, row_number() OVER () AS linha,
        '{number}-' || id_pedido AS id_pedido, id_produto, quantidade, preco,
        data + INTERVAL 3 HOUR AS data, id_usuario, regiao
    FROM (SELECT DISTINCT * FROM ({sales})) WHERE quantidade > 0 AND preco IS NOT NULL
"""


def beside_raw_copy() -> Figures:
    """One file after the other, all of the same days: the first finds no lines there."""
    found: Figures = {}
    with (
        TemporaryDirectory(prefix="bench-") as name,
        local_redshift(Path(name) / "store") as redshift,
        running_store(redshift) as store,
    ):
        for number in range(FILES):
            batch = _staged(store, number)
            raw = {name: _raw(store, batch, table) for name, table in RAW_TABLES.items()}
            ours = _spent(lambda batch=batch: load_staged(store, batch))
            figures = _spent(lambda: compute_figures(store))
            ratios = {f"{name} / load": _ratios(spent, ours) for name, spent in raw.items()}
            held = f"{number * DAYS * ROWS:,} lines there"
            found[held] = {**raw, "load": ours, **ratios, "figures": figures}
    return found


def _staged(store: Store, number: int) -> StagedSales:
    version = FileVersion(f"vendas/{number}.parquet", "e", 10, NOW + timedelta(hours=number))
    days = (sales_of(FIRST + timedelta(day), rows=ROWS) for day in range(DAYS))
    query = _ROWS.format(
        id_carga=version.id_carga, number=number, sales=" UNION ALL ".join(f"({d})" for d in days)
    )
    with duckdb.connect(config={"threads": 1}) as database:
        found: pa.Table = database.sql(query).to_arrow_table()
    for name, value in OF_EVERY_SALE.items():
        found = found.append_column(name, pa.array([value] * found.num_rows))
    rows = found.select([column.name for column in VENDAS.columns]).cast(arrow_schema(VENDAS))
    whole = FileVersion(
        version.arquivo, version.etag, version.tamanho, version.modificado_em, rows.num_rows
    )
    return StagedSales(
        versions=[whole],
        rejected_manifest=None,
        lines={whole.id_carga: [store.file(rows)]},
        folder="bench",
    )


def _raw(store: Store, batch: StagedSales, table: str) -> Figures:
    """Of the second COPY; the first is to warm up."""
    _copy_raw(store, batch, table)
    return _spent(lambda: _copy_raw(store, batch, table))


def _ratios(raw: Figures, ours: Figures) -> Figures:
    return {kind: round(raw[kind] / ours[kind], 3) for kind in raw}


def _copy_raw(store: Store, batch: StagedSales, table: str) -> None:
    """Into a new table that lasts."""
    manifest = plan_copy(store.warehouse, batch, area=store.area, iam_role="default").manifest
    assert manifest
    with store.warehouse.transaction() as transaction:
        transaction.execute("DROP TABLE IF EXISTS bench_vendas")
        transaction.execute(f"CREATE TABLE bench_vendas ({table})")
        copy_parquet(transaction, "bench_vendas", manifest, iam_role="default")


def _spent(work: Callable[[], None]) -> Figures:
    """By the warehouse's processes, which are this one's children."""
    begun, before = time.monotonic(), cpu_seconds(family(os.getpid())[1:])
    work()
    cpu = cpu_seconds(family(os.getpid())[1:]) - before
    return {"warehouse_cpu_s": round(cpu, 2), "wall_s": round(time.monotonic() - begun, 2)}
