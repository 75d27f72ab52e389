"""How a product was asked for while it was in stock and while not, by looking up the level at each
moment, one by one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

Row = Sequence[Any]
_TABLES = """
    CREATE TABLE niveis (armazem VARCHAR, nivel INTEGER, momento TIMESTAMP, ordem BIGINT);
    CREATE TABLE eventos (tipo VARCHAR, momento TIMESTAMP);
    CREATE TABLE vendas (quantidade INTEGER, preco DECIMAL(18, 2), momento TIMESTAMP);
"""
_LEVEL_AT = """
    SELECT sum(nivel) FROM (
        SELECT max_by(nivel, (momento, ordem)) AS nivel FROM niveis
        WHERE momento <= m.momento GROUP BY armazem)
"""


def plain_demand(
    levels: Sequence[Row],
    events: Sequence[Row],
    sales: Sequence[Row],
    *,
    since: datetime,
    until: datetime,
) -> dict[bool, tuple[Any, ...]]:
    """Seconds, views, carts, units and revenue by whether it was sold out. Rows of levels are
    location, units, moment and order; of events type and moment; of sales units, price and moment.
    Moments are in UTC without a zone."""
    database = duckdb.connect(config={"threads": 1})
    database.execute(_TABLES)
    for table, rows in (("niveis", levels), ("eventos", events), ("vendas", sales)):
        if rows:
            values = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({values})", [*rows])
    found: dict[bool, tuple[Any, ...]] = {}
    for is_sold_out in (False, True):
        where = f"({_LEVEL_AT}) {'<= 0' if is_sold_out else '> 0'}"
        inside = "momento >= $1 AND momento < $2"
        views, carts = database.execute(
            "SELECT count(*) FILTER (tipo = 'clique'), count(*) FILTER (tipo = 'adicao_carrinho') "
            f"FROM eventos AS m WHERE {inside} AND {where}",
            [since, until],
        ).fetchall()[0]
        units, revenue = database.execute(
            "SELECT coalesce(sum(quantidade), 0), coalesce(sum(quantidade * preco), 0) "
            f"FROM vendas AS m WHERE {inside} AND {where}",
            [since, until],
        ).fetchall()[0]
        (seconds,) = database.execute(
            "SELECT count(*) FROM (SELECT $1 + to_seconds(i) AS momento "
            "FROM range(date_diff('second', $1, $2)) AS t(i)) AS m "
            f"WHERE {where}",
            [since, until],
        ).fetchall()[0]
        found[is_sold_out] = (seconds, views, carts, units, revenue)
    return found
