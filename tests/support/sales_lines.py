"""Very many lines of `vendas`, made by one formula that PostgreSQL and DuckDB both read, and what
was sold in a period by counting them one by one."""

import os
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
from tests.support.shop import Shop, append

from vitrine_local import postgres

FIRST_DAY = date(2024, 1, 1)
DAYS = 540
LAST_DAY = FIRST_DAY + timedelta(days=DAYS + 41)
PRODUCTS = 3_000


def _any(multiplier: int, of: int, column: str = "i") -> str:
    """A number below `of` that seems random; each multiplier gives another."""
    return f"((({column} + 17) * {multiplier} + 12345) % 2147483629 % {of})"


def _lines(source: str, orders: int) -> str:
    """Most orders lie on one day, some on several, and one line in nine is taken back."""
    order, late = f"(i % {orders})", _any(69_621, 40)
    day = f"({_any(48_271, DAYS, order)} + CASE WHEN {_any(16_807, 10)} = 0 THEN {late} ELSE 0 END)"
    product = f"({_any(39_373, PRODUCTS)} * {_any(630_360_016, 4)} % {PRODUCTS})"
    sign = f"CASE WHEN {_any(742_938_285, 9)} = 0 THEN -1 ELSE 1 END"
    quantity = f"(1 + {_any(1_385_320_287, 3)}) * {sign}"
    return f"""
        SELECT 'o' || CAST({order} AS VARCHAR) AS id_pedido,
            'p' || CAST({product} AS VARCHAR) AS id_produto,
            CAST({quantity} AS INTEGER) AS quantidade,
            CAST((1 + {_any(950_706_376, 20_000)}) * 0.01 AS DECIMAL(18, 2)) AS preco,
            TIMESTAMP '{FIRST_DAY}' + ({day} * 86400 + {_any(1_226_874_159, 86_400)})
                * INTERVAL '1 second' AS data,
            i AS kafka_offset
        FROM {source} AS t(i)
    """


def load(shop: Shop, count: int) -> None:
    """Write the lines as the stream would have, of one partition; into PostgreSQL itself, since
    Redshift makes up no rows."""
    into = "id_pedido, id_produto, quantidade, preco, data, kafka_offset"
    lines = _lines(f"generate_series(CAST(0 AS BIGINT), {count - 1})", count // 2)
    settings = shop.warehouse_settings
    address = f"{settings.warehouse_user}@127.0.0.1:{shop.platform.settings.postgres_port}"
    place = f"postgresql://{address}/{settings.warehouse_database}"
    subprocess.run(
        [postgres.program("psql"), place, "-X", "-q", "-v", "ON_ERROR_STOP=1"],
        input=f"INSERT INTO vendas ({into}, kafka_partition, tipo_evento, origem) "
        f"SELECT {into}, 0, 'compra', 'fluxo' FROM ({lines}) AS linhas; ANALYZE vendas;",
        env={**os.environ, "PGPASSWORD": settings.warehouse_password.get_secret_value()},
        text=True,
        check=True,
    )
    with shop.warehouse.transaction() as transaction:
        append(transaction, count, partition=0, first=0)


Sold = tuple[int, Decimal, int]
"""Units, revenue and orders."""


@dataclass(frozen=True)
class PlainCount:
    """The same lines in DuckDB, and the rule itself: an order counts once in a period when more of
    its units were bought in it than taken back in it."""

    database: duckdb.DuckDBPyConnection

    @classmethod
    def of(cls, count: int) -> "PlainCount":
        database = duckdb.connect(config={"threads": 1})
        # São Paulo has been three hours behind UTC since 2019.
        database.execute(
            "CREATE TABLE linhas AS SELECT id_pedido, id_produto, quantidade, "
            "quantidade * preco AS receita, (data - INTERVAL 3 HOUR)::DATE AS dia "
            f"FROM ({_lines(f'range({count})', count // 2)})"
        )
        return cls(database)

    def checksums(self) -> tuple[Any, ...]:
        """What says whether two tables hold the same lines."""
        found: tuple[Any, ...] = self.database.execute(
            "SELECT count(*), sum(quantidade), sum(receita), count(DISTINCT id_pedido), "
            "count(DISTINCT id_produto), min(dia), max(dia) FROM linhas"
        ).fetchall()[0]
        return found

    def products(self, first: date, last: date, product: str | None) -> dict[str, Sold]:
        """Each product that was sold in the period."""
        rows = self._sold("id_produto", first, last, product)
        return {name: (int(units), revenue, orders) for name, units, revenue, orders in rows}

    def total(self, first: date, last: date, product: str | None) -> Sold:
        """All of them, or the one, together."""
        rows = self._sold("''", first, last, product)
        return next(
            ((int(units), revenue, orders) for _, units, revenue, orders in rows),
            (0, Decimal("0.00"), 0),
        )

    def _sold(self, by: str, first: date, last: date, product: str | None) -> list[Any]:
        return self.database.execute(
            "SELECT chave, sum(unidades), sum(receita), count(*) FILTER (unidades > 0) FROM ("
            f"SELECT {by} AS chave, id_pedido, sum(quantidade) AS unidades, "
            "sum(receita) AS receita FROM linhas "
            "WHERE dia BETWEEN $1 AND $2 AND id_produto = coalesce($3, id_produto) "
            "GROUP BY ALL) GROUP BY ALL",
            [first, last, product],
        ).fetchall()
