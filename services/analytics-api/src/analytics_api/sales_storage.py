"""Reads what was sold from the warehouse: all of it once, from then on what the ledger adds.

A line of the stream is read when, and only when, the ledger says that its offset is done; since
lines never change, what is known together with what was added is the whole. Lines from files
have no offsets and are read with everything else: whoever loads a file must make everything be
read again.

Redshift takes parameters in a plain SELECT alone, so that what stands in sub-queries are
literals, all of them integers or constants.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analytics_api.ledger_storage import newer_ledger, whole_ledger
from analytics_api.money import to_cents
from analytics_api.reconciliation import Ledger, offsets_between
from analytics_api.sales import CellRow, OrderDay, SalesCube, SalesLine, Span
from event_contracts.names import TOPIC_EVENTOS
from warehouse.connection import Transaction, Warehouse

MAX_DELTA_OFFSETS: Final = 500_000
"""Beyond this the warehouse adds up everything faster than it sends the rows."""

Ranges = Mapping[int, tuple[int, int]]
"""Partition of the topic of events -> (from, to)."""


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
            ledger = None if known is None else newer_ledger(transaction, known)
            if known is None or ledger is None:
                return self._everything(transaction)
            if ledger == known:
                return None
            added = _added(known, ledger)
            if sum(to - start for start, to in added.values()) > MAX_DELTA_OFFSETS:
                return self._everything(transaction)
            return self._addition(transaction, known, ledger, added)

    def _everything(self, transaction: Transaction) -> Everything:
        ledger = whole_ledger(transaction)
        by_order = self._by_order(_counted(ledger))
        transaction.execute(f"CREATE TEMP TABLE vendas_por_pedido AS {by_order}")
        cells = map(_cell, transaction.rows(_CELLS))
        orders = map(_day_count, transaction.rows(_ORDERS))
        spans = {Span(*row[:3]): int(row[3]) for row in transaction.rows(_SPANS)}
        transaction.execute("DROP TABLE vendas_por_pedido")
        return Everything(ledger, SalesCube.load(cells, orders, Counter(spans)))

    def _by_order(self, where: str) -> str:
        return (
            f"SELECT id_pedido, id_produto, {self._day} AS dia, SUM(quantidade) AS unidades, "
            f"SUM(quantidade * preco) AS receita FROM vendas WHERE {where} GROUP BY 1, 2, 3"
        )

    def _addition(
        self, transaction: Transaction, known: Ledger, ledger: Ledger, added: Ranges
    ) -> Addition:
        if not added:
            return Addition(ledger, [], [])
        rows = transaction.rows(self._by_order(_of_stream(added)))
        lines = [SalesLine(o, p, d, int(units), to_cents(value)) for o, p, d, units, value in rows]
        earlier = self._earlier(transaction, known, added) if lines else []
        return Addition(ledger, lines, earlier)

    def _earlier(self, transaction: Transaction, known: Ledger, added: Ranges) -> list[OrderDay]:
        rows = transaction.rows(
            f"SELECT linhas.id_pedido, id_produto, {self._day} AS dia, SUM(quantidade) "
            "FROM vendas AS linhas JOIN ("
            f"SELECT DISTINCT id_pedido FROM vendas WHERE {_of_stream(added)}"
            f") AS novos ON novos.id_pedido = linhas.id_pedido WHERE {_counted(known)} "
            "GROUP BY 1, 2, 3"
        )
        return [OrderDay(order, product, day, int(units)) for order, product, day, units in rows]


_CELLS: Final = (
    "SELECT dia, id_produto, SUM(unidades), SUM(receita), "
    "SUM(CASE WHEN unidades > 0 THEN 1 ELSE 0 END) "
    "FROM vendas_por_pedido GROUP BY dia, id_produto"
)
_ORDERS: Final = (
    "SELECT dia, SUM(CASE WHEN unidades > 0 THEN 1 ELSE 0 END) FROM ("
    "SELECT id_pedido, dia, SUM(unidades) AS unidades FROM vendas_por_pedido GROUP BY 1, 2"
    ") AS pedidos GROUP BY dia"
)
_SPANS: Final = """
WITH numeradas AS (
    SELECT id_pedido, id_produto, dia, unidades,
        SUM(unidades) OVER (
            PARTITION BY id_pedido, id_produto ORDER BY dia ROWS UNBOUNDED PRECEDING
        ) AS acumulado,
        COUNT(*) OVER (PARTITION BY id_pedido, id_produto) AS dias
    FROM vendas_por_pedido
), varios AS (
    SELECT id_pedido, id_produto, dia, acumulado - unidades AS antes, acumulado AS depois
    FROM numeradas WHERE dias > 1
)
SELECT id_produto, de, ate, SUM(peso) FROM (
    SELECT de.id_produto AS id_produto, de.dia AS de, ate.dia AS ate,
        CASE WHEN ate.depois > de.antes THEN 1 ELSE 0 END
        - CASE WHEN ate.depois > de.depois THEN 1 ELSE 0 END
        - CASE WHEN ate.antes > de.antes THEN 1 ELSE 0 END
        + CASE WHEN ate.antes > de.depois THEN 1 ELSE 0 END AS peso
    FROM varios AS de
    JOIN varios AS ate ON ate.id_pedido = de.id_pedido AND ate.id_produto = de.id_produto
    WHERE de.dia < ate.dia
) AS pares
GROUP BY id_produto, de, ate HAVING SUM(peso) <> 0
"""
"""What `analytics_api.sales.weights` says of pairs of different days, added up over orders."""


def _of_sales(ledger: Ledger) -> Ledger:
    return {place: sums for place, sums in ledger.items() if place[0] == TOPIC_EVENTOS}


def _added(known: Ledger, ledger: Ledger) -> dict[int, tuple[int, int]]:
    between = offsets_between(_of_sales(known), _of_sales(ledger))
    return {partition: offsets for (_, partition), offsets in between.items()}


def _counted(ledger: Ledger) -> str:
    """All lines that belong to the figures as of that ledger."""
    done = {partition: (0, sums.off_to) for (_, partition), sums in _of_sales(ledger).items()}
    return f"(origem = 'arquivo'{' OR ' if done else ''}{_of_stream(done)})"


def _of_stream(ranges: Ranges) -> str:
    return " OR ".join(
        f"(kafka_partition = {partition:d} AND kafka_offset >= {start:d} AND kafka_offset < {to:d})"
        for partition, (start, to) in sorted(ranges.items())
    )


def _cell(row: Sequence[Any]) -> CellRow:
    day, product, units, value, orders = row
    return CellRow(day, product, int(units), to_cents(value), int(orders))


def _day_count(row: Sequence[Any]) -> tuple[date, int]:
    return row[0], int(row[1])
