"""The tables of `sales` and the statements that fill them, in DuckDB's SQL."""

from typing import Final

from analytics_api.counting import ALL_PRODUCTS, BY_ORDER, CELLS, SPANS
from analytics_api.tiling import BEFORE, DAYS, MONTHS, QUARTERS

TOTALS: Final = "totais"
PAIRS: Final = "vaos"
_FIGURES: Final = "unidades BIGINT, receita DECIMAL(38, 2), pedidos BIGINT"
SUMS: Final = (
    "sum(unidades)::BIGINT AS unidades, sum(receita)::DECIMAL(38, 2) AS receita, "
    "sum(pedidos)::BIGINT AS pedidos"
)
BEFORE_DAY: Final = f"DATE '{BEFORE.isoformat()}'"
TABLES: Final = f"""
    CREATE TABLE desde (dia DATE);
    INSERT INTO desde VALUES ({BEFORE_DAY});
    CREATE TABLE produtos (codigo INTEGER, id_produto VARCHAR);
    INSERT INTO produtos VALUES (0, '{ALL_PRODUCTS}');
    CREATE TABLE {DAYS} (dia DATE, codigo INTEGER, {_FIGURES});
    CREATE TABLE {MONTHS} (dia DATE, codigo INTEGER, {_FIGURES});
    CREATE TABLE {QUARTERS} (dia DATE, codigo INTEGER, {_FIGURES});
    CREATE TABLE {TOTALS} (codigo INTEGER, {_FIGURES});
    CREATE TABLE {PAIRS} (de DATE, ate DATE, codigo INTEGER, peso BIGINT);
"""
_SHOWN: Final = ("desde", "produtos", DAYS, MONTHS, QUARTERS, TOTALS, PAIRS)
_READ_ROWS: Final = "SELECT unnest($1::JSON[]) AS x"
READ_CELLS: Final = f"""
    CREATE OR REPLACE TEMP TABLE celulas AS
    SELECT (x->>0)::DATE AS dia, x->>1 AS id_produto, (x->>2)::BIGINT AS unidades,
        (x->>3)::DECIMAL(38, 2) AS receita, (x->>4)::BIGINT AS pedidos
    FROM ({_READ_ROWS})
"""
READ_SPANS: Final = f"""
    INSERT INTO {PAIRS}
    SELECT (x->>1)::DATE, (x->>2)::DATE, codigo, (x->>3)::BIGINT
    FROM ({_READ_ROWS}) JOIN produtos ON id_produto = x->>0
"""
NEW_PRODUCTS: Final = """
    INSERT INTO produtos
    SELECT (SELECT count(*) FROM produtos) + row_number() OVER (ORDER BY id_produto) - 1,
        id_produto
    FROM (SELECT DISTINCT id_produto FROM celulas) ANTI JOIN produtos USING (id_produto)
"""
CODED_CELLS: Final = (
    "SELECT dia, codigo, unidades, receita, pedidos FROM celulas JOIN produtos USING (id_produto)"
)
KEEP_CELLS: Final = f"INSERT INTO {DAYS} {CODED_CELLS} ORDER BY dia, codigo"

NO_LINES: Final = """
    CREATE OR REPLACE TEMP TABLE linhas
        (id_pedido VARCHAR, id_produto VARCHAR, dia DATE, unidades BIGINT,
        receita DECIMAL(38, 2), nova BOOLEAN);
    CREATE OR REPLACE TEMP TABLE mudancas
        (dia DATE, id_produto VARCHAR, unidades HUGEINT, receita DECIMAL(38, 2), pedidos HUGEINT);
    CREATE OR REPLACE TEMP TABLE mudancas_pares
        (de DATE, ate DATE, id_produto VARCHAR, peso HUGEINT);
"""
READ_LINES: Final = f"""
    INSERT INTO linhas
    SELECT x->>0, x->>1, CASE WHEN (x->>2)::DATE < $2 THEN {BEFORE_DAY} ELSE (x->>2)::DATE END,
        (x->>3)::BIGINT, (x->>4)::DECIMAL(38, 2), $3
    FROM ({_READ_ROWS})
"""
LINES_BY_ORDER: Final = f"""
    CREATE OR REPLACE TEMP TABLE {BY_ORDER} AS
    SELECT id_pedido, id_produto, dia, sum(unidades)::BIGINT AS unidades,
        sum(receita)::DECIMAL(38, 2) AS receita
    FROM linhas WHERE nova <= $1 GROUP BY ALL
"""
CHANGES: Final = f"""
    INSERT INTO mudancas
    SELECT dia, id_produto, {{0}}unidades, {{0}}receita, {{0}}pedidos FROM ({CELLS});
    INSERT INTO mudancas_pares SELECT de, ate, id_produto, {{0}}peso FROM ({SPANS});
"""
"""Format it with a sign: 1 adds the lines, -1 takes them away."""
CHANGED_CELLS: Final = f"""
    CREATE OR REPLACE TEMP TABLE celulas AS
    SELECT dia, id_produto, {SUMS} FROM mudancas GROUP BY dia, id_produto
"""
CODED_PAIRS: Final = (
    "SELECT de, ate, codigo, peso FROM mudancas_pares JOIN produtos USING (id_produto)"
)


def shown_from(schema: str) -> str:
    """Let readers see the tables of a schema, by views of the same names."""
    return ";".join(
        f"CREATE OR REPLACE VIEW vendas.main.{table} AS FROM vendas.{schema}.{table}"
        for table in _SHOWN
    )


def as_cells(pairs: str) -> str:
    """Weights as numbers to add to the count of orders."""
    return f"SELECT codigo, 0 AS unidades, 0 AS receita, peso AS pedidos FROM ({pairs})"


def summed_up(unit: str, narrower: str) -> str:
    """Sums per month or quarter of the rows of a query."""
    return (
        f"SELECT date_trunc('{unit}', dia)::DATE AS dia, codigo, {SUMS} "
        f"FROM ({narrower}) GROUP BY ALL ORDER BY ALL"
    )


def summed_by_product(*queries: str) -> str:
    """Sums per product over several queries, whose dates are left out."""
    rows = [f"SELECT codigo, unidades, receita, pedidos FROM ({query})" for query in queries]
    return f"SELECT codigo, {SUMS} FROM ({' UNION ALL '.join(rows)}) GROUP BY codigo"


def add_to(table: str, keys: str, values: str, where: str = "true") -> str:
    """Add the rows of `novas` to a table of sums; `where` holds for all rows that they change."""
    same = " AND ".join(f"t.{key} = novas.{key}" for key in keys.split(", "))
    sums = ", ".join(f"{value} = t.{value} + novas.{value}" for value in values.split(", "))
    known = f"SELECT 1 FROM {table} AS t WHERE {same} AND {where}"
    return (
        f"UPDATE {table} AS t SET {sums} FROM novas WHERE {same} AND {where};"
        f"INSERT INTO {table} SELECT {keys}, {values} FROM novas WHERE NOT EXISTS ({known})"
    )


_EARLIER: Final = summed_by_product(
    f"FROM {QUARTERS} WHERE dia = {BEFORE_DAY}",
    f"FROM {MONTHS} WHERE dia < $since",
    as_cells(f"FROM {PAIRS} WHERE ate < $since"),
)
KEEP_SINCE: Final = "UPDATE desde SET dia = $1"
SINCE: Final = "SELECT dia FROM desde"
FOLD: Final = (
    f"CREATE OR REPLACE TEMP TABLE antes AS {_EARLIER}",
    f"""
    CREATE OR REPLACE TEMP TABLE pares AS
    SELECT {BEFORE_DAY} AS de, ate, codigo, sum(peso)::BIGINT AS peso
    FROM {PAIRS} WHERE de < $since AND ate >= $since GROUP BY ALL HAVING sum(peso) <> 0
    """,
    f"DELETE FROM {DAYS} WHERE dia < $since",
    f"DELETE FROM {MONTHS} WHERE dia < $since",
    f"DELETE FROM {QUARTERS} WHERE dia < $since",
    f"DELETE FROM {PAIRS} WHERE de < $since",
)
"""Sums the days before `since` into one row per product; KEEP_BEFORE puts it back."""
KEEP_BEFORE: Final = f"""
    INSERT INTO {QUARTERS} SELECT {BEFORE_DAY}, codigo, unidades, receita, pedidos FROM antes;
    INSERT INTO {PAIRS} SELECT de, ate, codigo, peso FROM pares;
"""
