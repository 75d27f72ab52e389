"""The sales of one month, and the figures that they come to.

The rules are those of `warehouse.history.days`, which computes the same tables from `vendas`.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from batch_etl.groups import grouped
from batch_etl.intervals import Interval
from batch_etl.local_time import as_local_sql
from event_contracts.states import UNKNOWN
from warehouse.arrow_schema import arrow_schema
from warehouse.history.day_spans import Span, within
from warehouse.literals import day_literal
from warehouse.money import MONEY, bounded_sql
from warehouse.tables import DAILY_FIGURES, RECEITA_MENSAL, Table

FIGURES: Final = (*DAILY_FIGURES, RECEITA_MENSAL)
COLUMNS: Final = (
    "id_carga",
    "id_pedido",
    "id_produto",
    "quantidade",
    "preco",
    "data",
    "id_usuario",
    "regiao",
)
"""Of the staged sales: what figures are made of."""

_AROUND: Final = timedelta(days=2)
_ROWS: Final = 500_000
_CREATE: Final = f"""
CREATE TEMP TABLE linhas (
    dia DATE, regiao VARCHAR, categoria VARCHAR, id_produto VARCHAR, id_pedido VARCHAR,
    id_usuario VARCHAR, quantidade INTEGER, receita {MONEY}, id_carga BIGINT
)
"""
_ADD: Final = f"""
INSERT INTO linhas
SELECT dia, COALESCE(regiao, '{UNKNOWN}'), COALESCE(categoria, '{UNKNOWN}'), novas.id_produto,
    id_pedido, id_usuario, quantidade, quantidade * preco, id_carga
FROM (SELECT {", ".join(COLUMNS)}, CAST({{local}} AS DATE) AS dia FROM novas) AS novas
LEFT JOIN categorias ON categorias.id_produto = novas.id_produto
WHERE {{within}}
"""
_COUNTED: Final = "SELECT {key}, COUNT(*) FROM linhas GROUP BY {key} ORDER BY {key}"
_FIGURES: Final = f"""
SELECT {{keys}}, COUNT(*) FILTER (unidades > 0) AS pedidos,
    CAST(SUM(unidades) AS BIGINT) AS unidades, {bounded_sql("SUM(receita)")} AS receita,
    COUNT(DISTINCT cliente) FILTER (unidades > 0) AS clientes
FROM (
    SELECT {{keys}}, id_pedido, {{customer}} AS cliente, SUM(quantidade) AS unidades,
        SUM(receita) AS receita
    FROM (SELECT *, {{month}} AS mes FROM linhas WHERE {{within}}) AS dos_dias
    GROUP BY {{keys}}, id_pedido
) AS por_pedido
GROUP BY {{keys}}
"""


class MonthLines:
    """Lines of files whose day in the shop's time zone lies in one month.

    `categories` has the columns `id_produto` and `categoria`, one row for a product. The database
    is for this month alone; beyond its memory limit the lines are on disk.
    """

    def __init__(
        self,
        database: duckdb.DuckDBPyConnection,
        month: Interval,
        *,
        timezone: str,
        categories: pa.Table,
    ) -> None:
        self._database = database
        self._month = day_literal(month.first)
        within_month = within("dia", [(month.first, month.last)])
        self._add = _ADD.format(local=_local(month, timezone), within=within_month)
        database.execute(_CREATE)
        database.register("categorias", categories)

    def add(self, rows: pa.Table) -> None:
        """Keep the rows of this month; they have COLUMNS, as `vendas` has them, or more."""
        self._database.register("novas", rows)
        self._database.execute(self._add)
        self._database.unregister("novas")

    def per_load(self) -> dict[int, int]:
        """How many lines of each `id_carga` there are; loads without lines are not in it."""
        return dict(self._database.execute(_COUNTED.format(key="id_carga")).fetchall())

    def figures(self, table: Table) -> Iterator[pa.Table]:
        """The rows of one of FIGURES, in parts that fit in memory."""
        batches = (
            batch
            for first, last in self._pieces(table)
            for batch in self._added_up(table, first, last).to_batches()
        )
        for rows in grouped(batches, lambda batch: batch.num_rows, at_most=_ROWS):
            yield pa.Table.from_batches(rows).cast(arrow_schema(table))

    def _pieces(self, table: Table) -> Iterator[Span]:
        """Days that are added up at once: few, since a query that does not fit in memory costs
        several times more. An order may have lines on any day of its month."""
        at_most = sys.maxsize if table is RECEITA_MENSAL else _ROWS
        per_day = self._database.execute(_COUNTED.format(key="dia")).fetchall()
        for piece in grouped(per_day, lambda each: each[1], at_most=at_most):
            yield piece[0][0], piece[-1][0]

    def _added_up(self, table: Table, first: date, last: date) -> pa.Table:
        names = [column.name for column in table.columns]
        query = _FIGURES.format(
            keys=", ".join(names[: names.index("pedidos")]),
            month=self._month,
            within=within("dia", [(first, last)]),
            customer="MAX(id_usuario)" if "clientes" in names else "NULL",
        )
        return self._database.sql(query).select(*names).to_arrow_table()


def _local(month: Interval, timezone: str) -> str:
    """Rows far from the month may have a wrong time, which lies outside of the month too."""
    midnight = datetime.min.time()
    return as_local_sql(
        ZoneInfo(timezone),
        "data",
        since=datetime.combine(month.first, midnight, UTC) - _AROUND,
        until=datetime.combine(month.last, midnight, UTC) + _AROUND,
    )
