"""The figures of days and months: sums of `vendas`, computed anew for the days that changed.

A row stands for every day, month and cell that has a line, even if all of it was taken back. An
order counts in each if more of its units were bought there than taken back there; a customer counts
if one of the customer's orders does.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from event_contracts.states import UNKNOWN
from warehouse.history.day_spans import lines_within, months_of, spans, within
from warehouse.literals import day_in, day_literal
from warehouse.money import bounded_sql
from warehouse.tables import DAILY_FIGURES, RECEITA_MENSAL, VENDAS_DIARIAS, Table
from warehouse.transaction import Transaction

_DAYS_AT_ONCE: Final = 8
_LINES: Final = "linhas_dos_dias"
_READ: Final = f"""
CREATE TEMP TABLE {_LINES} AS
SELECT {{day}} AS dia, COALESCE(regiao, '{UNKNOWN}') AS regiao,
    COALESCE(categoria, '{UNKNOWN}') AS categoria, vendas.id_produto, id_pedido, id_usuario,
    quantidade, quantidade * preco AS receita
FROM vendas LEFT JOIN produtos ON produtos.id_produto = vendas.id_produto
WHERE {{within}}
"""
_WITH_STREAM: Final = """
SELECT DISTINCT {day} FROM vendas WHERE origem = 'fluxo' AND {within}
"""
_READ_MONTH: Final = f"""
CREATE TEMP TABLE {_LINES} AS
SELECT {{first}} AS mes, id_pedido, id_usuario, quantidade, quantidade * preco AS receita
FROM vendas WHERE {{within}}
"""
_FIGURES: Final = f"""
INSERT INTO {{table}} ({{columns}})
SELECT {{keys}}, SUM(pedidos), SUM(unidades), {bounded_sql("SUM(receita)")}{{customers}}
FROM (
    SELECT {{keys}}, CAST(0 AS BIGINT) AS pedidos, SUM(quantidade) AS unidades,
        SUM(receita) AS receita, CAST(0 AS BIGINT) AS clientes
    FROM {_LINES} GROUP BY {{keys}}
    UNION ALL
    SELECT {{keys}}, SUM(pedidos), CAST(0 AS BIGINT), CAST(0 AS DECIMAL(38, 2)), COUNT(id_usuario)
    FROM (
        SELECT {{keys}}, id_usuario, COUNT(*) AS pedidos
        FROM (
            SELECT {{keys}}, id_pedido, {{customer}} AS id_usuario
            FROM {_LINES} GROUP BY {{keys}}, id_pedido HAVING SUM(quantidade) > 0
        ) AS por_pedido
        GROUP BY {{keys}}, id_usuario
    ) AS por_cliente
    GROUP BY {{keys}}
) AS partes
GROUP BY {{keys}}
"""
"""Money is summed over the few keys alone: a sum of decimals for each order costs several times
more. Grouped by customer in between, which costs less than COUNT(DISTINCT). A literal has its type
said, since Redshift does not group by one that a subquery leaves unknown."""


def rebuild_days(transaction: Transaction, days: Collection[date], *, timezone: str) -> None:
    """Compute all figures of these days, and of their months, from the lines in `vendas`.

    Hold the lock of the ledger: what the stream adds meanwhile would be missing.
    """
    _rebuild(transaction, DAILY_FIGURES, days, timezone=timezone)
    for first, last in months_of(days):
        in_month = lines_within(day_in(timezone), [(first, last)])
        transaction.execute(_READ_MONTH.format(first=day_literal(first), within=in_month))
        _replace(transaction, RECEITA_MENSAL, f"mes = {day_literal(first)}")
        transaction.execute(f"DROP TABLE {_LINES}")


def days_with_stream(
    transaction: Transaction, days: Collection[date], *, timezone: str
) -> set[date]:
    """The days among `days` that have lines of the stream. The figures of all others are still
    those of the last load, since nothing but a load changes their lines."""
    if not days:
        return set()
    day = day_in(timezone)
    statement = _WITH_STREAM.format(day=day, within=lines_within(day, spans(days)))
    return {row[0] for row in transaction.rows(statement)}


def rebuild_categories(transaction: Transaction, days: Collection[date], *, timezone: str) -> None:
    """Compute `vendas_diarias` of these days, the only figures that depend on `produtos`."""
    _rebuild(transaction, (VENDAS_DIARIAS,), days, timezone=timezone)


def _rebuild(
    transaction: Transaction, daily: Sequence[Table], days: Collection[date], *, timezone: str
) -> None:
    """Some days at a time, so that no statement takes long."""
    ordered = sorted(set(days))
    for at in range(0, len(ordered), _DAYS_AT_ONCE):
        _rebuild_some(transaction, daily, ordered[at : at + _DAYS_AT_ONCE], timezone=timezone)


def _rebuild_some(
    transaction: Transaction, daily: Sequence[Table], days: Sequence[date], *, timezone: str
) -> None:
    touched = spans(days)
    day = day_in(timezone)
    transaction.execute(_READ.format(day=day, within=lines_within(day, touched)))
    for table in daily:
        _replace(transaction, table, within("dia", touched))
    transaction.execute(f"DROP TABLE {_LINES}")


def _replace(transaction: Transaction, table: Table, condition: str) -> None:
    """The figures of the lines that were read, in place of those that the condition names."""
    transaction.execute(f"DELETE FROM {table.name} WHERE {condition}")
    transaction.execute(_figures(table))


def _figures(table: Table) -> str:
    names = [column.name for column in table.columns]
    with_customers = names[-1] == "clientes"
    return _FIGURES.format(
        table=table.name,
        columns=table.column_list,
        keys=", ".join(names[: names.index("pedidos")]),
        customers=", SUM(clientes)" if with_customers else "",
        customer="MAX(id_usuario)" if with_customers else "CAST('' AS VARCHAR)",
    )
