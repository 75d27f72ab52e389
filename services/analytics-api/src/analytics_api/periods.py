"""The figures of a period per product: tables of DuckDB, kept while they may be asked again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final, Literal

import duckdb
import msgspec

from analytics_api import sales_sql as sql
from analytics_api.counting import ALL_PRODUCTS
from analytics_api.history_sql import CATALOGUE
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
_NAMED_BY: Final = f"LEFT JOIN {CATALOGUE} USING (id_produto)"
_PAGE: Final = f"""
    SELECT id_produto, {_FIGURES}, nome, categoria FROM (
        FROM {{}} WHERE id_produto > $1 AND id_produto = coalesce($2, id_produto)
        ORDER BY id_produto LIMIT $3
    ) {_NAMED_BY} ORDER BY id_produto
"""
_BEST_FIRST: Final = "unidades DESC, receita DESC, id_produto"
_BEST: Final = f"""
    SELECT row_number() OVER (ORDER BY {_BEST_FIRST}) AS posicao, id_produto, {_FIGURES},
        nome, categoria
    FROM (
        FROM {{}} WHERE id_produto <> '{ALL_PRODUCTS}' AND id_produto = coalesce($1, id_produto)
            {{}} ORDER BY {_BEST_FIRST} LIMIT $2
    ) {_NAMED_BY} ORDER BY posicao
"""
_CATEGORIES_FIRST: Final = "categoria IS NULL, da_categoria DESC, categoria"
_BEST_OF_EACH: Final = f"""
    SELECT posicao, id_produto, {_FIGURES}, nome, categoria FROM (FROM (
        SELECT *, row_number() OVER (PARTITION BY categoria ORDER BY {_BEST_FIRST}) AS posicao,
            sum(receita) OVER (PARTITION BY categoria) AS da_categoria
        FROM {{}} {_NAMED_BY}
        WHERE id_produto <> '{ALL_PRODUCTS}' AND id_produto = coalesce($1, id_produto) {{}}
    ) WHERE posicao <= $2 ORDER BY posicao, {_CATEGORIES_FIRST} LIMIT {{}})
    ORDER BY {_CATEGORIES_FIRST}, posicao
"""
_OF_CATEGORY: Final = f"AND id_produto IN (SELECT id_produto FROM {CATALOGUE} WHERE categoria = $3)"
_OF_PRODUCT: Final = """
    SELECT coalesce(unidades, 0), coalesce(receita, 0), coalesce(pedidos, 0)
    FROM (FROM produtos WHERE id_produto = $1) LEFT JOIN ({}) USING (codigo)
"""


PeriodoAteHoje = Literal["hoje", "7d", "30d", "90d", "mes", "ano"]
_LAST_DAYS: Final[dict[str, int]] = {"hoje": 1, "7d": 7, "30d": 30, "90d": 90}


@dataclass(frozen=True, slots=True)
class Period:
    """Days of the shop, first and last included; BEFORE and AFTER are open ends."""

    first: date = BEFORE
    last: date = AFTER

    @classmethod
    def of(cls, inicio: date | None, fim: date | None) -> "Period":
        """A period from two days; None is an open end."""
        return cls(min(inicio or BEFORE, AFTER), min(fim or AFTER, AFTER))


def first_day(periodo: PeriodoAteHoje, today: date) -> date:
    """The first day of a period that ends today."""
    match periodo:
        case "mes":
            return today.replace(day=1)
        case "ano":
            return today.replace(month=1, day=1)
    return today - timedelta(days=_LAST_DAYS[periodo] - 1)


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

    def best(
        self, *, product: str | None, category: str | None, limite: int
    ) -> duckdb.DuckDBPyRelation:
        """The best products with their rank: by units, then revenue, both descending, then id;
        with a category only its products."""
        query = _BEST.format(self.table, _narrowed(category))
        return self.cursor.sql(query, params=_chosen(product, limite, category))

    def best_of_each(
        self, *, product: str | None, category: str | None, limite: int, in_all: int
    ) -> duckdb.DuckDBPyRelation:
        """The best products of each category, the category with most revenue first, products
        without one last. If they are more than `in_all`, each category has fewer."""
        query = _BEST_OF_EACH.format(self.table, _narrowed(category), in_all)
        return self.cursor.sql(query, params=_chosen(product, limite, category))


class PeriodTables:
    """The newest periods; the one unused for longest is dropped first. Lives on one thread."""

    def __init__(self, columns: SalesColumns, *, kept: int = _KEPT) -> None:
        self._columns = columns
        self.cursor = columns.cursor()
        self._kept = kept
        self._numbers = count()
        self._tables: OrderedDict[Hashable, PeriodFigures] = OrderedDict()

    def of_columns(self, period: Period) -> PeriodFigures:
        """The period from memory. Raises NotReadyError if it is not in memory any more."""
        key = (period, self._columns.version)
        with transaction(self.cursor):
            return self._get(key, lambda: (_NAMED.format(self._sums(period)), [], None))

    def of_rows(
        self, key: Hashable, rows: Sequence[Sequence[Any]], committed_at: datetime | None
    ) -> PeriodFigures:
        """The period from these rows of product, units, revenue and orders; made once per key."""
        return self._get(key, lambda: (_ROWS, [msgspec.json.encode(rows).decode()], committed_at))

    def has_sold(self, product: str) -> bool:
        """Whether the product was ever sold or taken back."""
        query = "SELECT count(*) FROM produtos WHERE id_produto = $1"
        return self.cursor.execute(query, [product]).fetchall() != [(0,)]

    def of_product(self, period: Period, product: str) -> tuple[Any, ...] | None:
        """Units, revenue and orders of one product in a period in memory, summed without the other
        products; None if it was never sold. Raises NotReadyError as `of_columns` does."""
        with transaction(self.cursor):
            query = _OF_PRODUCT.format(self._sums(period))
            found = self.cursor.execute(query, [product]).fetchall()
            return found[0] if found else None

    def _sums(self, period: Period) -> str:
        if period == Period():
            return f"FROM {sql.TOTALS}"
        [(since,)] = self.cursor.execute(sql.SINCE).fetchall()
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
            self.cursor.execute(f"CREATE TEMP TABLE {table} AS {query}", parameters)
            found = self._tables[key] = PeriodFigures(self.cursor, table, committed_at)
        self._tables.move_to_end(key)
        while len(self._tables) > self._kept:
            _, old = self._tables.popitem(last=False)
            self.cursor.execute(f"DROP TABLE {old.table}")
        return found


def _narrowed(category: str | None) -> str:
    return "" if category is None else _OF_CATEGORY


def _chosen(product: str | None, limite: int, category: str | None) -> list[Any]:
    return [product, limite, *([] if category is None else [category])]


def _of_tile(tile: Tile) -> str:
    return f"FROM {tile.table} WHERE dia BETWEEN DATE '{tile.first}' AND DATE '{tile.last}'"
