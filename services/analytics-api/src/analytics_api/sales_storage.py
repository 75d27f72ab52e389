"""Reads sales from the warehouse: all of them once, then what the ledger adds; and old periods,
which memory does not hold, when a request asks for them. Probes and stock are read with what the
ledger adds.

A line of the stream is read exactly when the ledger says that its offset is done. While no file is
loaded lines never change, so the known lines and the added ones are together all lines. Loading a
file adds lines without an offset and takes others out, so everything is read again when `cargas`
has changed.

Redshift takes parameters in a plain SELECT alone, so sub-queries contain literals, all of them
integers, dates or constants.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from analytics_api.age_storage import ages_between
from analytics_api.counting import ALL_PRODUCTS_BY_ORDER, BY_ORDER, CELLS, PERIOD, SPANS
from analytics_api.ledger_audit import Ledger, last_commit, of_topic
from analytics_api.ledger_storage import (
    Loads,
    Ranges,
    in_ranges,
    newer_ledger,
    ranges_between,
    sales_loads,
    whole_ledger,
)
from analytics_api.models import Sonda
from analytics_api.outlook import SalesPace
from analytics_api.probe_storage import Probes, all_probes, newer_probes
from analytics_api.sales import Rows, SalesColumns
from analytics_api.same_time import Curves
from analytics_api.same_time_storage import SameTimeSource
from analytics_api.stock import StockLevels
from analytics_api.stock_storage import StockSource
from analytics_api.tiling import BEFORE, first_kept
from event_contracts.names import TOPIC_EVENTOS
from warehouse.connection import Warehouse
from warehouse.history.day_spans import lines_within
from warehouse.literals import day_in
from warehouse.migrations import require_current
from warehouse.row_ages import RowAges
from warehouse.transaction import Transaction

MAX_DELTA_OFFSETS: Final = 2_000_000
"""For more rows than this the warehouse computes all sums faster than it sends the rows."""
BATCH_ROWS: Final = 50_000


@dataclass(frozen=True, slots=True)
class Committed:
    """What the stream has written: the ledger, the newest probes, newest first, the stock with the
    pace of its sales, and the past days that today is compared with; the ages of rows where they
    were asked for."""

    ledger: Ledger
    probes: list[Sonda]
    stock: StockLevels
    pace: SalesPace
    curves: Curves
    ages: Sequence[RowAges] = ()


class SalesSource:
    """Reads sales into the columns. Not safe to share between threads."""

    def __init__(
        self,
        warehouse: Warehouse,
        *,
        timezone: str,
        most_cells: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._warehouse = warehouse
        self._day = day_in(timezone)
        self._most_cells = most_cells
        self._held: Ledger | None = None
        """The ledger of the rows in the columns, though the transaction that read them failed at
        its end."""
        self._loads: Loads | None = None
        """The files whose lines are in the columns."""
        self._probes = Probes()
        self._stock = StockSource()
        self._same_time = SameTimeSource(timezone, now=clock)

    def read(self, columns: SalesColumns, *, ages_since: Ledger | None = None) -> Committed:
        """Add new sales to the columns, or all sales the first time; returns the ledger that they
        then match, the probes, and the ages of the rows since a ledger, if one is given. The
        columns must be the same object in every call."""
        if self._held is None:
            require_current(self._warehouse)
        with self._warehouse.transaction() as transaction:
            committed = self._read(transaction, columns)
            if ages_since is None:
                return committed
            ages = ages_between(transaction, ages_since, committed.ledger)
            return replace(committed, ages=ages)

    def _read(self, transaction: Transaction, columns: SalesColumns) -> Committed:
        held = self._held if sales_loads(transaction) == self._loads else None
        ledger = None if held is None else newer_ledger(transaction, held)
        if held is None or ledger is None:
            return self._everything(transaction, columns)
        added = ranges_between(held, ledger, TOPIC_EVENTOS)
        count = sum(to - start for start, to in added.values())
        if count > MAX_DELTA_OFFSETS:
            return self._everything(transaction, columns)
        if added:
            probes = self._newer_probes(transaction, added, ledger)
            lines = _rows(transaction, _by_order(self._day, in_ranges(added)), count)
            noted = self._same_time.noting(lines)
            columns.add(noted, _rows(transaction, self._earlier(held, added), count))
            self._probes = probes
        self._held = ledger
        return self._committed(transaction, ledger)

    def _committed(self, transaction: Transaction, ledger: Ledger) -> Committed:
        stock, same_time = self._stock, self._same_time
        stock.read(transaction, ledger)
        same_time.read(transaction, _counted(ledger))
        return Committed(ledger, self._probes.newest, stock.levels, stock.pace, same_time.curves)

    def _everything(self, transaction: Transaction, columns: SalesColumns) -> Committed:
        self._stock.forget()
        self._same_time.forget()
        ledger = whole_ledger(transaction)
        at = last_commit(ledger)
        self._probes = all_probes(transaction, _done(ledger), at=at) if at else Probes()
        where = _counted(ledger)
        since = first_kept(self._cells_by_month(transaction, where), self._most_cells)
        _add_up(transaction, _by_order(_clamped(self._day, since), where))
        cells = transaction.batches(f"{CELLS} ORDER BY dia", BATCH_ROWS)
        columns.load(cells, transaction.batches(SPANS, BATCH_ROWS), since=since)
        self._held, self._loads = ledger, sales_loads(transaction)
        transaction.execute(f"DROP TABLE {BY_ORDER}")
        return self._committed(transaction, ledger)

    def _newer_probes(self, transaction: Transaction, added: Ranges, ledger: Ledger) -> Probes:
        at = last_commit(ledger)
        assert at is not None, "it has what was added"
        done = _done(ledger)
        return newer_probes(transaction, self._probes, added=added, done=done, at=at)

    def _cells_by_month(self, transaction: Transaction, where: str) -> dict[date, int]:
        rows = transaction.rows(
            "SELECT CAST(DATE_TRUNC('month', dia) AS DATE), COUNT(*) FROM ("
            f"SELECT DISTINCT {self._day} AS dia, id_produto FROM vendas WHERE {where}"
            ") AS celulas GROUP BY 1"
        )
        return {month: int(cells) for month, cells in rows}

    def _earlier(self, known: Ledger, added: Ranges) -> str:
        return (
            f"SELECT linhas.id_pedido, id_produto, {self._day} AS dia, SUM(quantidade), 0 "
            "FROM vendas AS linhas JOIN ("
            f"SELECT DISTINCT id_pedido FROM vendas WHERE {in_ranges(added)}"
            f") AS novos ON novos.id_pedido = linhas.id_pedido WHERE {_counted(known)} "
            "GROUP BY 1, 2, 3"
        )


@dataclass(frozen=True, slots=True)
class OldFigures:
    """Rows of product, units, revenue and orders, one of them for ALL_PRODUCTS."""

    rows: list[Sequence[Any]]
    committed_at: datetime | None
    """The stream's last commit that is in them."""


class OldSalesSource:
    """Sums one period in the warehouse. Not safe to share between threads."""

    def __init__(self, warehouse: Warehouse, *, timezone: str) -> None:
        self._warehouse = warehouse
        self._day = day_in(timezone)

    def read(self, first: date, last: date) -> OldFigures:
        """The figures of a period, both days included, with the ledger at this moment."""
        with self._warehouse.transaction() as transaction:
            ledger = whole_ledger(transaction)
            where = f"{_counted(ledger)} AND {lines_within(self._day, [(first, last)])}"
            _add_up(transaction, _by_order(self._day, where))
            rows = transaction.rows(PERIOD)
            transaction.execute(f"DROP TABLE {BY_ORDER}")
            return OldFigures(rows, last_commit(of_topic(ledger, TOPIC_EVENTOS)))


def _clamped(day: str, since: date) -> str:
    if since == BEFORE:
        return day
    return f"CASE WHEN {day} < DATE '{since}' THEN DATE '{BEFORE}' ELSE {day} END"


def _by_order(day: str, where: str) -> str:
    return (
        f"SELECT id_pedido, id_produto, {day} AS dia, SUM(quantidade) AS unidades, "
        f"SUM(quantidade * preco) AS receita FROM vendas WHERE {where} GROUP BY 1, 2, 3"
    )


def _add_up(transaction: Transaction, by_order: str) -> None:
    transaction.execute(f"CREATE TEMP TABLE {BY_ORDER} AS {by_order}")
    transaction.execute(ALL_PRODUCTS_BY_ORDER)


def _rows(transaction: Transaction, statement: str, expected: int) -> Rows:
    """Few rows are read at once, since a cursor of the warehouse would cost more than it saves."""
    if expected > BATCH_ROWS:
        yield from transaction.batches(statement, BATCH_ROWS)
    else:
        yield transaction.rows(statement)


def _counted(ledger: Ledger) -> str:
    """All lines whose offsets this ledger has done."""
    done = _done(ledger)
    return f"(origem = 'arquivo'{' OR ' if done else ''}{in_ranges(done)})"


def _done(ledger: Ledger) -> Ranges:
    return {
        partition: (0, sums.off_to)
        for (_, partition), sums in of_topic(ledger, TOPIC_EVENTOS).items()
    }
