"""The same tables and figures by DuckDB and by polars alone, loaded by COPY.

`python -m tests.bench.column_etl TOOL FOLDER FORM`, with the warehouse and the staging area in the
environment. Neither knows a ledger, rejected rows with a reason or a second run.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Final
from uuid import uuid4

import duckdb
import polars as pl
import pyarrow as pa
from tests.bench.pause import pause
from tests.bench.plain_etl import SHOP_TIME

from warehouse.connection import Warehouse
from warehouse.copy_statement import copy_parquet
from warehouse.settings import StagingSettings, WarehouseSettings
from warehouse.staging import StagingArea

Tables = Mapping[str, Iterator[pa.Table]]
SALES: Final = ("id_pedido", "id_produto", "quantidade", "preco", "data", "id_usuario", "regiao")
"""The columns of `vendas` that every program fills, in the order of the table."""
_ROWS: Final = 500_000
_READ: Final = {
    "csv": """read_csv('{path}', header = true, hive_partitioning = false, columns = {{
        'id_pedido': 'VARCHAR', 'id_produto': 'VARCHAR', 'id_usuario': 'VARCHAR',
        'quantidade': 'INTEGER', 'preco': 'DECIMAL(18,2)', 'data': 'TIMESTAMP',
        'regiao': 'VARCHAR'}})""",
    "parquet": "read_parquet('{path}', hive_partitioning = false)",
}
_CLEAN: Final = """
    CREATE OR REPLACE TEMP TABLE limpas AS
    SELECT trim(id_pedido) AS id_pedido, trim(id_produto) AS id_produto, quantidade, preco, data,
        trim(id_usuario) AS id_usuario, upper(trim(regiao)) AS regiao
    FROM {read}
    WHERE id_pedido <> '' AND id_produto <> '' AND data IS NOT NULL
        AND quantidade BETWEEN 1 AND 1000000 AND preco BETWEEN 0 AND 99999999.99
    QUALIFY row_number() OVER (PARTITION BY id_pedido, id_produto) = 1
"""
_UTC: Final = f"data AT TIME ZONE '{SHOP_TIME}' AT TIME ZONE 'UTC'"
_FIGURES: Final = """
    SELECT {keys}, count(DISTINCT id_pedido) AS pedidos, sum(quantidade)::BIGINT AS unidades,
        sum(quantidade * preco)::DECIMAL(18, 2) AS receita{customers}
    FROM limpas LEFT JOIN {products} AS produtos USING (id_produto) GROUP BY ALL
"""
_CUSTOMERS: Final = ", count(DISTINCT id_usuario) AS clientes"
_KEYS: Final = {
    "vendas_diarias": "data::DATE AS dia, regiao, categoria",
    "produtos_diarios": "data::DATE AS dia, id_produto",
    "receita_mensal": "date_trunc('month', data)::DATE AS mes",
}


def by_duckdb(folder: str, form: str, days: str) -> Tables:
    """Rows in batches, and figures."""
    database = duckdb.connect(config={"threads": 2})
    path = f"{folder}/{form}/vendas/data={days}/*.{form}"
    database.execute(_CLEAN.format(read=_READ[form].format(path=path)))
    products = f"'{folder}/{form}/produtos/{form}.{form}'"
    figures = {
        table: database.sql(
            _FIGURES.format(
                keys=keys,
                products=products,
                customers="" if table == "produtos_diarios" else _CUSTOMERS,
            )
        ).to_arrow_table()
        for table, keys in _KEYS.items()
    }
    sales = database.sql(f"SELECT * REPLACE ({_UTC} AS data) FROM limpas").to_arrow_reader(_ROWS)
    return {
        "vendas": (pa.Table.from_batches([batch]) for batch in sales),
        **{table: iter([rows]) for table, rows in figures.items()},
    }


def by_polars(folder: str, form: str, days: str) -> Tables:
    """As `by_duckdb`."""
    path = f"{folder}/{form}/vendas/data={days}/*.{form}"
    products = f"{folder}/{form}/produtos/{form}.{form}"
    sales = _cleaned(_scan(path, form)).collect()
    dated = (
        sales.lazy()
        .join(_scan(products, form).select("id_produto", "categoria"), on="id_produto", how="left")
        .with_columns(dia=pl.col("data").dt.date(), mes=pl.col("data").dt.truncate("1mo").dt.date())
    )
    moments = pl.col("data").dt.replace_time_zone(SHOP_TIME).dt.convert_time_zone("UTC")
    stored = sales.with_columns(data=moments.dt.replace_time_zone(None))
    return {
        "vendas": (part.to_arrow() for part in stored.iter_slices(_ROWS)),
        "vendas_diarias": iter([_figures(dated, "dia", "regiao", "categoria")]),
        "produtos_diarios": iter([_figures(dated, "dia", "id_produto").drop_columns(["clientes"])]),
        "receita_mensal": iter([_figures(dated, "mes")]),
    }


def _scan(path: str, form: str) -> pl.LazyFrame:
    if form == "parquet":
        return pl.scan_parquet(path, hive_partitioning=False)
    return pl.scan_csv(path, infer_schema=False)


def _cleaned(sales: pl.LazyFrame) -> pl.LazyFrame:
    text = pl.col("id_pedido", "id_produto", "id_usuario", "regiao").str.strip_chars()
    names = sales.collect_schema()
    moment = pl.col("data") if names["data"] != pl.String else pl.col("data").str.to_datetime()
    return (
        sales.with_columns(
            text,
            pl.col("quantidade").cast(pl.Int32),
            pl.col("preco").cast(pl.Decimal(18, 2)),
            moment.cast(pl.Datetime("us")),
        )
        .with_columns(pl.col("regiao").str.to_uppercase())
        .filter(pl.col("id_pedido") != "", pl.col("id_produto") != "")
        .filter(pl.col("quantidade").is_between(1, 1_000_000), pl.col("preco") >= 0)
        .unique(["id_pedido", "id_produto"])
        .select(*SALES)
    )


def _figures(dated: pl.LazyFrame, *keys: str) -> pa.Table:
    cents = (pl.col("preco") * 100).cast(pl.Int64)
    found = dated.group_by(*keys).agg(
        pl.col("id_pedido").n_unique().cast(pl.Int64).alias("pedidos"),
        pl.col("quantidade").cast(pl.Int64).sum().alias("unidades"),
        (pl.col("quantidade") * cents).sum().alias("receita"),
        pl.col("id_usuario").n_unique().cast(pl.Int64).alias("clientes"),
    )
    money = (pl.col("receita").cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2))
    return found.with_columns(receita=money).collect().to_arrow()


TOOLS: Final[Mapping[str, Callable[[str, str, str], Tables]]] = {
    "duckdb": by_duckdb,
    "polars": by_polars,
}


def _load(warehouse: Warehouse, area: StagingArea, tables: Tables) -> None:
    with warehouse.transaction() as transaction:
        for name, parts in tables.items():
            staged = [area.write_table(_plain(part), f"{uuid4()}.parquet") for part in parts]
            manifest = area.write_manifest(staged, f"{uuid4()}.manifest")
            copy_parquet(transaction, name, manifest.url, iam_role="default")


def _plain(table: pa.Table) -> pa.Table:
    """With the types that COPY takes."""
    kinds = {pa.large_string(): pa.string(), pa.string_view(): pa.string()}
    fields = [field.with_type(kinds.get(field.type, field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def main(tool: str, folder: str, form: str) -> None:
    """A day to warm up, and the month."""
    settings, area = WarehouseSettings(), StagingArea(StagingSettings())
    with closing(Warehouse(settings, application="bench")) as warehouse:
        for days in ("2025-08-31", "2025-09-*"):
            _load(warehouse, area, TOOLS[tool](folder, form, days))
            pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
