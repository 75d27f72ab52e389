"""What was sold, in columns in memory: net units, revenue and orders per day of the shop and
product, and of all products together.

Tables of DuckDB. Months and quarters hold the same sums again, so that a long period is the sum
of few rows (`tiling`); how orders of several days are counted stands in `counting`. Of what is
older than the bound there is one sum per product, under the day BEFORE.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

import duckdb
import msgspec

from analytics_api import history_sql
from analytics_api import sales_sql as sql
from analytics_api.counting import ALL_PRODUCTS_BY_ORDER
from analytics_api.tiling import BEFORE, DAYS, MONTHS, QUARTERS, can_tile, first_kept

Rows = Iterable[Sequence[Sequence[Any]]]
"""Rows in batches; only one batch needs to be in memory at a time."""

_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 1,
    "autoload_known_extensions": False,
}
_SCHEMAS: Final = ("tables_a", "tables_b")
"""Two schemas: one holds the tables, the other is filled when all sales are read again."""
_MANY_DAYS: Final = 40
"""With more days than this, keys are not looked up one by one."""
_CELL_VALUES: Final = "unidades, receita, pedidos"


@dataclass(frozen=True, slots=True)
class Cell:
    """Units, revenue and orders."""

    unidades: int = 0
    receita: Decimal = Decimal("0.00")
    pedidos: int = 0


class SalesColumns:
    """All sales. One thread at a time writes; others read by a `cursor`, and see each load and each
    addition as a whole or not at all."""

    def __init__(self, *, most_cells: int = 10_000_000) -> None:
        self._most_cells = most_cells
        self._db = duckdb.connect(config=_CONFIG)
        self._db.execute("ATTACH ':memory:' AS vendas (COMPRESS)")
        self._schema, self._other = _SCHEMAS
        self._start_in(self._schema)
        self._db.execute(sql.shown_from(self._schema))
        self.cursor().execute(history_sql.TABLES)
        self.since = BEFORE
        """The first day that is kept by itself; BEFORE if all are. For the event loop: readers of
        the tables read it there, in the same transaction."""
        self.version = 0
        """Increases after each change: a later read sees that change."""
        self._of_day: dict[date, Cell] = {}

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own, for one thread."""
        cursor = self._db.cursor()
        # Sums per product lie in an array by code up to 2^20 products, not in a hash table.
        cursor.execute("USE vendas; SET perfect_ht_threshold = 20")
        return cursor

    def of_day(self, dia: date) -> Cell:
        """One day of all products together; zeros if nothing was sold."""
        return self._of_day.get(dia, Cell())

    def holds(self, first: date, last: date) -> bool:
        """Whether the figures of a period are in memory, both days included."""
        return can_tile(first, last, since=self.since)

    def load(self, cells: Rows, spans: Rows, *, since: date) -> None:
        """Replace all by what `counting` tells, where BEFORE stands for the days before `since`.

        Each batch is committed by itself, out of sight, since what one transaction writes is not
        compressed before its end.
        """
        try:
            self._start_in(self._other)
            self._fill(cells, spans, since)
            with transaction(self._db):
                self._db.execute(sql.shown_from(self._other))
        except BaseException:
            self._db.execute(f"USE vendas.{self._schema}")
            self._drop(self._other)
            raise
        self._schema, self._other = self._other, self._schema
        self._drop(self._other)
        self.since = since
        self._update_day_totals(None)

    def _start_in(self, schema: str) -> None:
        """Make empty tables that no reader sees yet."""
        self._db.execute(f"CREATE SCHEMA vendas.{schema}; USE vendas.{schema}")
        self._db.execute(sql.TABLES)

    def _drop(self, schema: str) -> None:
        self._db.execute(f"DROP SCHEMA IF EXISTS vendas.{schema} CASCADE")

    def _fill(self, cells: Rows, spans: Rows, since: date) -> None:
        for rows in filter(None, cells):
            self._db.execute(sql.READ_CELLS, [_json(rows)])
            self._db.execute(sql.NEW_PRODUCTS)
            self._db.execute(sql.KEEP_CELLS)
        for rows in filter(None, spans):
            self._db.execute(sql.READ_SPANS, [_json(rows)])
        self._sum_up(since)
        self._db.execute(sql.KEEP_SINCE, [since])

    def add(self, lines: Rows, earlier: Rows) -> None:
        """Add new rows of BY_ORDER. `earlier` must return all rows of the same orders that were
        added before; it is not called if nothing is new."""
        self._db.execute(sql.NO_LINES)
        if not self._read_lines(lines, is_new=True):
            return
        has_earlier = self._read_lines(earlier, is_new=False) > 0
        for includes_new, sign in ((False, "-"), (True, "+")) if has_earlier else ((True, "+"),):
            self._db.execute(sql.LINES_BY_ORDER, [includes_new])
            self._db.execute(ALL_PRODUCTS_BY_ORDER)
            self._db.execute(sql.CHANGES.format(sign))
        self._db.execute(sql.CHANGED_CELLS)
        days = self._column("SELECT DISTINCT dia FROM celulas")
        with transaction(self._db):
            self._db.execute(sql.NEW_PRODUCTS)
            self._add_cells(days)
            if self._count("SELECT count(*) FROM mudancas_pares"):
                self._add(sql.PAIRS, "de, ate, codigo", "peso", _netted(sql.CODED_PAIRS))
        self._update_day_totals(days)
        self._fold_oldest_months()

    def _read_lines(self, batches: Rows, *, is_new: bool) -> int:
        count = 0
        for rows in filter(None, batches):
            self._db.execute(sql.READ_LINES, [_json(rows), self.since, is_new])
            count += len(rows)
        return count

    def _sum_up(self, since: date) -> None:
        self._db.execute(f"INSERT INTO {MONTHS} {sql.summed_up('month', f'FROM {DAYS}')}")
        self._db.execute(f"INSERT INTO {QUARTERS} {sql.summed_up('quarter', f'FROM {MONTHS}')}")
        everything = sql.summed_by_product(f"FROM {QUARTERS}", sql.as_cells(f"FROM {sql.PAIRS}"))
        self._db.execute(f"INSERT INTO {sql.TOTALS} {everything}")
        if since > BEFORE:
            for table in (DAYS, MONTHS):
                self._db.execute(f"DELETE FROM {table} WHERE dia = {sql.BEFORE_DAY}")
            half = f"dia < $1 AND dia <> {sql.BEFORE_DAY}"
            self._db.execute(f"DELETE FROM {QUARTERS} WHERE {half}", [since])

    def _add_cells(self, days: Sequence[date]) -> None:
        kept = [dia for dia in days if dia >= self.since]
        is_kept = f"SELECT * FROM ({sql.CODED_CELLS}) WHERE dia >= DATE '{self.since}'"
        changes = sql.summed_by_product(sql.CODED_CELLS, sql.as_cells(sql.CODED_PAIRS))
        self._add(sql.TOTALS, "codigo", _CELL_VALUES, changes)
        keys = "dia, codigo"
        self._add(DAYS, keys, _CELL_VALUES, is_kept, _is_one_of(kept))
        months = {dia.replace(day=1) for dia in kept}
        self._add(MONTHS, keys, _CELL_VALUES, sql.summed_up("month", is_kept), _is_one_of(months))
        quarters = (
            f"SELECT * FROM ({sql.summed_up('quarter', sql.CODED_CELLS)}) "
            f"WHERE dia >= DATE '{self.since}' OR dia = {sql.BEFORE_DAY}"
        )
        self._add(QUARTERS, keys, _CELL_VALUES, quarters)

    def _add(self, table: str, keys: str, values: str, rows: str, where: str = "true") -> None:
        self._db.execute(f"CREATE OR REPLACE TEMP TABLE novas AS {rows}")
        self._db.execute(sql.add_to(table, keys, values, where))

    def _fold_oldest_months(self) -> None:
        """Replace the days of the oldest months by sums, if there are more cells than the limit."""
        if self._count(f"SELECT count(*) FROM {DAYS}") <= self._most_cells:
            return
        by_month = f"SELECT date_trunc('month', dia)::DATE, count(*) FROM {DAYS} GROUP BY ALL"
        since = first_kept(dict(self._db.execute(by_month).fetchall()), self._most_cells)
        if since <= self.since:
            return
        with transaction(self._db):
            for statement in sql.FOLD:
                self._db.execute(statement, {"since": since})
            self._db.execute(sql.KEEP_BEFORE)
            self._db.execute(sql.KEEP_SINCE, [since])
        self.since = since
        self._update_day_totals(None)

    def _update_day_totals(self, changed: Sequence[date] | None) -> None:
        where = "true" if changed is None else _is_one_of(changed)
        rows = self._db.execute(
            f"SELECT dia, {_CELL_VALUES} FROM {DAYS} AS t WHERE codigo = 0 AND {where}"
        ).fetchall()
        kept = {} if changed is None else self._of_day
        self._of_day = kept | {dia: Cell(*figures) for dia, *figures in rows}
        self.version += 1

    def _column(self, query: str) -> list[Any]:
        return [value for (value,) in self._db.execute(query).fetchall()]

    def _count(self, query: str) -> int:
        (count,) = self._column(query)
        return int(count)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A transaction: all of it is done or nothing, and its reads see one moment."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _json(rows: Sequence[Sequence[Any]]) -> str:
    return msgspec.json.encode(rows).decode()


def _netted(pairs: str) -> str:
    return (
        f"SELECT de, ate, codigo, sum(peso)::BIGINT AS peso FROM ({pairs}) "
        "GROUP BY ALL HAVING sum(peso) <> 0"
    )


def _is_one_of(days: Iterable[date]) -> str:
    """A condition on `t.dia` by which DuckDB skips other rows without reading them."""
    listed = sorted(days)
    if not listed or len(listed) > _MANY_DAYS:
        return "true"
    return f"t.dia IN ({', '.join(f'DATE {chr(39)}{dia}{chr(39)}' for dia in listed)})"
