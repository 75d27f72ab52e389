"""Reads what was sold from the warehouse: all of it once, from then on what the ledger adds.

A row of `vendas` is read when, and only when, the ledger says that its offset is done; since
rows never change, what is known together with what was added is the whole.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from analytics_api.money import to_cents
from analytics_api.reconciliation import Ledger, LedgerSums, advance, offsets_between
from analytics_api.sales import ORDER_REACH, CellRow, Link, OrderDay, SalesCube, SalesLine
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from warehouse.connection import Transaction, Warehouse

MAX_DELTA_OFFSETS: Final = 500_000
"""Beyond this the warehouse adds up everything faster than it sends the rows."""
_ORDERS_AT_ONCE: Final = 1024
_ONE_DAY: Final = timedelta(days=1)
_LEDGER: Final = "query = %s AND topic = %s"
_STREAM: Final = (QUERY_WAREHOUSE, TOPIC_EVENTOS)

Ranges = Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Everything:
    """A first look, or one after the warehouse was emptied."""

    ledger: Ledger
    cube: SalesCube


@dataclass(frozen=True, slots=True)
class Addition:
    """What came after the ledger that was known."""

    ledger: Ledger
    lines: list[SalesLine]
    earlier: list[OrderDay]


class SalesSource:
    """Not safe to share between threads."""

    def __init__(self, warehouse: Warehouse, *, timezone: str) -> None:
        self._warehouse = warehouse
        self._day = f"CAST(data AT TIME ZONE 'UTC' AT TIME ZONE '{timezone}' AS DATE)"

    def read(self, known: Ledger | None) -> Everything | Addition | None:
        """What is new beyond `known`, None if nothing is; everything where nothing is known."""
        with self._warehouse.transaction() as transaction:
            ledger = None if known is None else _newer_ledger(transaction, known)
            if known is None or ledger is None:
                return self._everything(transaction)
            added = offsets_between(known, ledger)
            if not added:
                return None
            if sum(to - start for start, to in added.values()) > MAX_DELTA_OFFSETS:
                return self._everything(transaction)
            return self._addition(transaction, known, ledger, added)

    def _everything(self, transaction: Transaction) -> Everything:
        ledger = _whole_ledger(transaction)
        if not ledger:
            return Everything(ledger, SalesCube())
        where, offsets = _within({p: (0, sums.off_to) for p, sums in ledger.items()})
        cells = transaction.rows(
            f"SELECT {self._day} AS dia, id_produto, SUM(quantidade), SUM(quantidade * preco), "
            f"COUNT(DISTINCT id_pedido) FROM vendas WHERE {where} GROUP BY 1, 2",
            offsets,
        )
        orders = transaction.rows(
            f"SELECT {self._day} AS dia, COUNT(DISTINCT id_pedido) FROM vendas "
            f"WHERE {where} GROUP BY 1",
            offsets,
        )
        links = self._links(transaction, where, offsets)
        return Everything(ledger, SalesCube.load(map(_cell, cells), map(_day_count, orders), links))

    def _links(self, transaction: Transaction, where: str, offsets: list[int]) -> Counter[Link]:
        rows = transaction.rows(
            "SELECT id_produto, anterior, dia, COUNT(*) FROM (SELECT id_produto, dia, LAG(dia) "
            "OVER (PARTITION BY id_produto, id_pedido ORDER BY dia) AS anterior FROM "
            f"(SELECT DISTINCT id_produto, id_pedido, {self._day} AS dia FROM vendas "
            f"WHERE {where}) AS linhas) AS pares WHERE anterior IS NOT NULL GROUP BY 1, 2, 3",
            offsets,
        )
        return Counter(
            {
                Link(product, before, day): int(n)
                for product, before, day, n in rows
                if day - before <= ORDER_REACH
            }
        )

    def _addition(
        self, transaction: Transaction, known: Ledger, ledger: Ledger, added: Ranges
    ) -> Addition:
        where, offsets = _within(added)
        rows = transaction.rows(
            f"SELECT id_pedido, id_produto, {self._day} AS dia, SUM(quantidade), "
            f"SUM(quantidade * preco) FROM vendas WHERE {where} GROUP BY 1, 2, 3",
            offsets,
        )
        lines = [SalesLine(o, p, d, int(units), to_cents(value)) for o, p, d, units, value in rows]
        before = {p: (0, sums.off_to) for p, sums in known.items()}
        earlier = self._earlier(transaction, lines, before) if lines and before else []
        return Addition(ledger, lines, earlier)

    def _earlier(
        self, transaction: Transaction, lines: Sequence[SalesLine], before: Ranges
    ) -> list[OrderDay]:
        where, offsets = _within(before)
        reach = ORDER_REACH + 2 * _ONE_DAY
        first = _midnight(min(line.dia for line in lines) - reach)
        last = _midnight(max(line.dia for line in lines) + reach)
        found = []
        for orders in _padded_chunks(sorted({line.id_pedido for line in lines})):
            marks = ", ".join(["%s"] * len(orders))
            found += transaction.rows(
                f"SELECT DISTINCT id_pedido, id_produto, {self._day} AS dia FROM vendas "
                f"WHERE data >= %s AND data < %s AND id_pedido IN ({marks}) AND ({where})",
                (first, last, *orders, *offsets),
            )
        return [OrderDay(*row) for row in found]


def _padded_chunks(orders: list[str]) -> list[list[str]]:
    """Lists of a few lengths only, so that the driver keeps few prepared statements."""
    chunks = []
    for start in range(0, len(orders), _ORDERS_AT_ONCE):
        chunk = orders[start : start + _ORDERS_AT_ONCE]
        length = 1 << (len(chunk) - 1).bit_length()
        chunks.append(chunk + chunk[-1:] * (length - len(chunk)))
    return chunks


def _within(ranges: Ranges) -> tuple[str, list[int]]:
    one = "(kafka_partition = %s AND kafka_offset >= %s AND kafka_offset < %s)"
    flat = [n for partition, (start, to) in sorted(ranges.items()) for n in (partition, start, to)]
    return " OR ".join([one] * len(ranges)), flat


_SUMS: Final = (
    'SELECT "partition", MIN(off_from), MAX(off_to), SUM(n_read), SUM(n_written), '
    f'SUM(n_duplicate), SUM(n_dead) FROM ingestao WHERE {_LEDGER} GROUP BY "partition"'
)
_LAST_ROWS: Final = (
    'SELECT i."partition", i.committed_at FROM ingestao i JOIN (SELECT "partition" AS p, '
    f'MAX(off_to) AS o FROM ingestao WHERE {_LEDGER} GROUP BY "partition") AS ultimas '
    'ON i."partition" = ultimas.p AND i.off_to = ultimas.o WHERE i.query = %s AND i.topic = %s'
)


def _whole_ledger(transaction: Transaction) -> dict[int, LedgerSums]:
    last = {row[0]: row[1] for row in transaction.rows(_LAST_ROWS, (*_STREAM, *_STREAM))}
    sums = transaction.rows(_SUMS, _STREAM)
    return dict(_ledger_row((*row, last[row[0]])) for row in sums if row[0] in last)


def _newer_ledger(transaction: Transaction, known: Ledger) -> dict[int, LedgerSums] | None:
    partitions = sorted(known)
    clauses = ['("partition" = %s AND off_to >= %s)'] * len(partitions)
    if partitions:
        clauses.append(f'"partition" NOT IN ({", ".join(["%s"] * len(partitions))})')
    rows = transaction.rows(
        'SELECT "partition", off_from, off_to, n_read, n_written, n_duplicate, n_dead, '
        f"committed_at FROM ingestao WHERE {_LEDGER}"
        + (f" AND ({' OR '.join(clauses)})" if clauses else "")
        + " ORDER BY off_to",
        (*_STREAM, *(n for p in partitions for n in (p, known[p].off_to)), *partitions),
    )
    return advance(known, (_ledger_row(row) for row in rows))


def _ledger_row(row: Sequence[Any]) -> tuple[int, LedgerSums]:
    partition, off_from, off_to, read, written, duplicate, dead, committed_at = row
    return int(partition), LedgerSums(
        off_from=int(off_from),
        off_to=int(off_to),
        n_read=int(read),
        n_written=int(written),
        n_duplicate=int(duplicate),
        n_dead=int(dead),
        committed_at=_utc(committed_at),
    )


def _cell(row: Sequence[Any]) -> CellRow:
    day, product, units, value, orders = row
    return CellRow(day, product, int(units), to_cents(value), int(orders))


def _day_count(row: Sequence[Any]) -> tuple[date, int]:
    return row[0], int(row[1])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - TIMESTAMP columns hold UTC


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
