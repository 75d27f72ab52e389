"""The figures of days and months: sums of `vendas`, computed anew for the days that changed.

A row stands for every day, month and cell that has a line, even if all of it was taken back. An
order counts in each if more of its units were bought there than taken back there; a customer counts
if one of the customer's orders does.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from warehouse.connection import Transaction
from warehouse.history.day_spans import Span, lines_within, months_of, spans, within
from warehouse.literals import day_in
from warehouse.tables import (
    PRODUTOS_DIARIOS,
    RECEITA_DIARIA,
    RECEITA_MENSAL,
    VENDAS_DIARIAS,
    Table,
)

UNKNOWN: Final = "desconhecido"

_FIGURES: Final = """
INSERT INTO {table} ({columns})
SELECT {keys}, COUNT(CASE WHEN unidades > 0 THEN 1 END), SUM(unidades), SUM(receita){customers}
FROM (
    SELECT {expressions}, id_pedido, MAX(id_usuario) AS id_usuario,
        SUM(quantidade) AS unidades, SUM(quantidade * preco) AS receita
    FROM {lines} WHERE {where} GROUP BY {positions}, id_pedido
) AS por_pedido
GROUP BY {keys}
"""
_CUSTOMERS: Final = ", COUNT(DISTINCT CASE WHEN unidades > 0 THEN id_usuario END)"
_WITH_CATEGORY: Final = "vendas LEFT JOIN produtos ON produtos.id_produto = vendas.id_produto"


def rebuild_days(transaction: Transaction, days: Iterable[date], *, timezone: str) -> None:
    """Compute all figures of these days, and of their months, from the lines in `vendas`.

    Hold the lock of the ledger: what the stream adds meanwhile would be missing.
    """
    days = set(days)
    touched = spans(days)
    if not touched:
        return
    day = day_in(timezone)
    keys = {"dia": day}
    rebuild_categories(transaction, days, timezone=timezone)
    _rebuild(transaction, PRODUTOS_DIARIOS, keys | {"id_produto": "id_produto"}, touched, day)
    _rebuild(transaction, RECEITA_DIARIA, keys, touched, day)
    month = {"mes": f"CAST(DATE_TRUNC('month', {day}) AS DATE)"}
    _rebuild(transaction, RECEITA_MENSAL, month, months_of(days), day)


def rebuild_categories(transaction: Transaction, days: Iterable[date], *, timezone: str) -> None:
    """Compute `vendas_diarias` of these days, the only figures that depend on `produtos`."""
    touched = spans(days)
    if touched:
        day = day_in(timezone)
        keys = {
            "dia": day,
            "regiao": f"COALESCE(vendas.regiao, '{UNKNOWN}')",
            "categoria": f"COALESCE(produtos.categoria, '{UNKNOWN}')",
        }
        _rebuild(transaction, VENDAS_DIARIAS, keys, touched, day, lines=_WITH_CATEGORY)


def _rebuild(
    transaction: Transaction,
    table: Table,
    keys: dict[str, str],
    touched: Sequence[Span],
    day: str,
    *,
    lines: str = "vendas",
) -> None:
    """Replace the rows of a table for these days; `keys` are its first columns."""
    transaction.execute(f"DELETE FROM {table.name} WHERE {within(next(iter(keys)), touched)}")
    transaction.execute(
        _FIGURES.format(
            table=table.name,
            columns=table.column_list,
            keys=", ".join(keys),
            expressions=", ".join(f"{what} AS {name}" for name, what in keys.items()),
            positions=", ".join(str(1 + at) for at in range(len(keys))),
            customers=_CUSTOMERS if table.columns[-1].name == "clientes" else "",
            lines=lines,
            where=lines_within(day, touched),
        )
    )
