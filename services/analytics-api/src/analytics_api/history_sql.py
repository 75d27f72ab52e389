"""The tables of `history_tables` and the queries on them, in DuckDB's SQL."""

from typing import Final

from analytics_api.sales_sql import PAIRS
from analytics_api.tiling import BEFORE, DAYS, MONTHS

CATALOGUE: Final = "catalogo"
DAILY: Final = "receita_diaria"
MONTHLY: Final = "receita_mensal"
BY_REGION: Final = "vendas_por_regiao"
BY_CATEGORY: Final = "vendas_por_categoria"

_SUMS: Final = "pedidos BIGINT, unidades BIGINT, receita DECIMAL(38, 2), clientes BIGINT"
_CELL: Final = "dia DATE, grupo VARCHAR, unidades BIGINT, receita DECIMAL(38, 2)"
TABLES: Final = f"""
    CREATE TABLE {CATALOGUE} (id_produto VARCHAR, nome VARCHAR, categoria VARCHAR);
    CREATE TABLE {DAILY} (dia DATE, {_SUMS});
    CREATE TABLE {MONTHLY} (mes DATE, {_SUMS});
    CREATE TABLE {BY_REGION} ({_CELL});
    CREATE TABLE {BY_CATEGORY} ({_CELL});
"""
_ROWS: Final = "FROM (SELECT unnest($1::JSON[]) AS x)"
_READ_SUMS: Final = (
    "SELECT (x->>0)::DATE, (x->>1)::BIGINT, (x->>2)::BIGINT, (x->>3)::DECIMAL(38, 2), "
    f"(x->>4)::BIGINT {_ROWS}"
)
_READ_CELLS: Final = (
    f"SELECT (x->>0)::DATE, x->>1, (x->>2)::BIGINT, (x->>3)::DECIMAL(38, 2) {_ROWS}"
)
READ: Final = {
    CATALOGUE: f"SELECT x->>0, x->>1, x->>2 {_ROWS}",
    DAILY: _READ_SUMS,
    MONTHLY: _READ_SUMS,
    BY_REGION: _READ_CELLS,
    BY_CATEGORY: _READ_CELLS,
}
"""How the rows of each table are read from JSON."""

_BEFORE: Final = f"DATE '{BEFORE}'"
_DAY_COLUMNS: Final = "dia, regiao, categoria, pedidos, unidades, receita, clientes, origem"
_NO_GROUP: Final = "NULL::VARCHAR AS regiao, NULL::VARCHAR AS categoria"
_SAME_SUMS: Final = "dia, pedidos, unidades, receita"
"""An aggregate's customers are told where its other sums are those of memory: else it was computed
before the day, or month, had all of its lines."""
_BY_DAY: Final = f"""
    SELECT dia, '' AS grupo, {_NO_GROUP}, pedidos, unidades, receita, clientes,
        'ao_vivo' AS origem
    FROM {DAYS} LEFT JOIN {DAILY} USING ({_SAME_SUMS}) WHERE codigo = 0 AND dia > {_BEFORE}
    UNION ALL
    SELECT dia, '', NULL, NULL, pedidos, unidades, receita, clientes, 'agregado'
    FROM {DAILY} WHERE dia < $hoje AND dia NOT IN (SELECT dia FROM {DAYS} WHERE codigo = 0)
"""
_BY_GROUP: Final = """
    SELECT dia, grupo, {groups}, NULL::BIGINT AS pedidos, unidades, receita,
        NULL::BIGINT AS clientes, 'agregado' AS origem
    FROM {table} WHERE dia < $hoje
"""
DAYS_BY: Final = {
    "dia": _BY_DAY,
    "regiao": _BY_GROUP.format(
        table=BY_REGION, groups="grupo AS regiao, NULL::VARCHAR AS categoria"
    ),
    "categoria": _BY_GROUP.format(
        table=BY_CATEGORY, groups="NULL::VARCHAR AS regiao, grupo AS categoria"
    ),
}
"""Rows of sales per day; `grupo` is the region or category."""
PAGE_OF_DAYS: Final = f"""
    SELECT {_DAY_COLUMNS} FROM ({{}})
    WHERE dia BETWEEN $inicio AND $fim AND (dia, grupo) > ($depois_dia, $depois_grupo)
    ORDER BY dia, grupo LIMIT $limite
"""
_BY_MONTH: Final = f"""
    WITH repetidos AS (
        SELECT date_trunc('month', de)::DATE AS dia, sum(peso)::BIGINT AS peso FROM {PAIRS}
        WHERE codigo = 0 AND date_trunc('month', de) = date_trunc('month', ate) GROUP BY ALL
    ), ao_vivo AS (
        SELECT dia, pedidos + coalesce(peso, 0) AS pedidos, unidades, receita
        FROM {MONTHS} LEFT JOIN repetidos USING (dia) WHERE codigo = 0 AND dia > {_BEFORE}
    ), agregados AS (
        SELECT mes AS dia, pedidos, unidades, receita, clientes FROM {MONTHLY}
    )
    SELECT dia AS mes, '' AS grupo, {_NO_GROUP}, pedidos, unidades, receita, clientes, origem
    FROM (
        SELECT *, 'ao_vivo' AS origem FROM ao_vivo LEFT JOIN agregados USING ({_SAME_SUMS})
        UNION ALL
        SELECT *, 'agregado' FROM agregados
        WHERE dia < date_trunc('month', $hoje) AND dia NOT IN (SELECT dia FROM ao_vivo)
    )
"""
MONTHS_BY: Final = {
    "mes": _BY_MONTH,
    **{
        column: f"""
            SELECT date_trunc('month', dia)::DATE AS mes, grupo, regiao, categoria, pedidos,
                sum(unidades)::BIGINT AS unidades, sum(receita)::DECIMAL(38, 2) AS receita,
                clientes, origem
            FROM ({DAYS_BY[column]}) GROUP BY ALL
        """
        for column in ("regiao", "categoria")
    },
}
"""Rows of sales per month; `grupo` is the region or category."""
PAGE_OF_MONTHS: Final = """
    SELECT mes, regiao, categoria, pedidos, unidades, receita, clientes, origem FROM ({})
    WHERE mes BETWEEN $inicio AND $fim AND (mes, grupo) > ($depois_dia, $depois_grupo)
    ORDER BY mes, grupo LIMIT $limite
"""
