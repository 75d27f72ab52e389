"""The figures of a period per product: tables of DuckDB, kept while they may be asked again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any, Final

import duckdb
import msgspec

from analytics_api import sales_sql as sql
from analytics_api.counting import ALL_PRODUCTS
from analytics_api.problems import NotReadyError
from analytics_api.sales import SalesColumns, transaction
from analytics_api.tiling import AFTER, BEFORE, Tile, can_tile, tiles

_KEPT: Final = 8
"""One of 100,000 products takes about 5 MB."""
_NAMED: Final = (
    "SELECT id_produto, unidades, receita, pedidos FROM ({}) JOIN produtos USING (codigo)"
)
_ROWS: Final = """
    SELECT x->>0 AS id_produto, (x->>1)::BIGINT AS unidades,
        (x->>2)::DECIMAL(38, 2) AS receita, (x->>3)::BIGINT AS pedidos
    FROM (SELECT unnest($1::JSON[]) AS x)
"""
_FIGURES: Final = "unidades AS total_vendido, receita, pedidos"
_TOTAL: Final = "SELECT unidades, receita, pedidos FROM {} WHERE id_produto = $1"
_PAGE: Final = f"""
    SELECT id_produto, {_FIGURES} FROM {{}}
    WHERE id_produto > $1 AND id_produto = coalesce($2, id_produto)
    ORDER BY id_produto LIMIT $3
"""
_BEST_FIRST: Final = "unidades DESC, receita DESC, id_produto"
_BEST: Final = f"""
    SELECT row_number() OVER (ORDER BY {_BEST_FIRST}) AS posicao, id_produto, {_FIGURES}
    FROM (
        FROM {{}} WHERE id_produto <> '{ALL_PRODUCTS}' AND id_produto = coalesce($1, id_produto)
        ORDER BY {_BEST_FIRST} LIMIT $2
    ) ORDER BY posicao
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the shop, first and last included; BEFORE and AFTER are open ends."""

    first: date = BEFORE
    last: date = AFTER

    @classmethod
    def of(cls, inicio: date | None, fim: date | None) -> "Period":
        """A period from two days; None is an open end."""
        return cls(min(inicio or BEFORE, AFTER), min(fim or AFTER, AFTER))


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """What was sold in one period. Not safe to share between threads."""

    cursor: duckdb.DuckDBPyConnection
    table: str
    committed_at: datetime | None = None
    """The stream's last commit that is in it; None stands for the newest known commit."""

    def total(self, product: str | None) -> tuple[Any, ...]:
        """Units, revenue and orders of one product, or of all together; nothing sold is zero."""
        query = _TOTAL.format(self.table)
        found = self.cursor.execute(query, [product or ALL_PRODUCTS]).fetchall()
        return found[0] if found else (0, 0, 0)

    def page(self, *, after: str, product: str | None, limite: int) -> duckdb.DuckDBPyRelation:
        """A page of products ordered by id, after the id `after`."""
        return self.cursor.sql(_PAGE.format(self.table), params=[after, product, limite])

    def best(self, *, product: str | None, limite: int) -> duckdb.DuckDBPyRelation:
        """The best products with their rank: by units, then revenue, both descending, then id."""
        return self.cursor.sql(_BEST.format(self.table), params=[product, limite])


class PeriodTables:
    """The newest periods; the one unused for longest is dropped first. Lives on one thread."""

    def __init__(self, columns: SalesColumns, *, kept: int = _KEPT) -> None:
        self._columns = columns
        self._cursor = columns.cursor()
        self._kept = kept
        self._numbers = count()
        self._tables: OrderedDict[Hashable, PeriodFigures] = OrderedDict()

    def of_columns(self, period: Period) -> PeriodFigures:
        """The period from memory. Raises NotReadyError if it is not in memory any more."""
        key = (period, self._columns.version)
        with transaction(self._cursor):
            return self._get(key, lambda: (_NAMED.format(self._sums(period)), [], None))

    def of_rows(
        self, key: Hashable, rows: Sequence[Sequence[Any]], committed_at: datetime | None
    ) -> PeriodFigures:
        """The period from these rows of product, units, revenue and orders; made once per key."""
        return self._get(key, lambda: (_ROWS, [msgspec.json.encode(rows).decode()], committed_at))

    def _sums(self, period: Period) -> str:
        if period == Period():
            return f"FROM {sql.TOTALS}"
        [(since,)] = self._cursor.execute(sql.SINCE).fetchall()
        if not can_tile(period.first, period.last, since=since):
            raise NotReadyError("the period has just become older than what is in memory")
        pairs = (
            f"FROM {sql.PAIRS} WHERE de >= DATE '{period.first}' AND ate <= DATE '{period.last}'"
        )
        parts = [_of_tile(tile) for tile in tiles(period.first, period.last, since=since)]
        return sql.summed_by_product(*parts, sql.as_cells(pairs))

    def _get(
        self, key: Hashable, make: Callable[[], tuple[str, list[str], datetime | None]]
    ) -> PeriodFigures:
        found = self._tables.get(key)
        if found is None:
            query, parameters, committed_at = make()
            table = f"periodo_{next(self._numbers)}"
            self._cursor.execute(f"CREATE TEMP TABLE {table} AS {query}", parameters)
            found = self._tables[key] = PeriodFigures(self._cursor, table, committed_at)
        self._tables.move_to_end(key)
        while len(self._tables) > self._kept:
            _, old = self._tables.popitem(last=False)
            self._cursor.execute(f"DROP TABLE {old.table}")
        return found


def _of_tile(tile: Tile) -> str:
    return f"FROM {tile.table} WHERE dia BETWEEN DATE '{tile.first}' AND DATE '{tile.last}'"
