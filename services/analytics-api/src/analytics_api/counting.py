"""How orders are counted, as SQL that the warehouse and DuckDB both read.

An order counts once in a period when more of its units were bought in it than taken back in it;
for a product, by its units of that product. Orders that are counted day by day cannot be added up
where one has lines on several days, so that pairs of days carry weights: the weights of all pairs
within a period, added to the counts of its days, are the count of the period. This is the Möbius
inversion over intervals.
"""

from typing import Final

ALL_PRODUCTS: Final = ""
"""Stands in place of an `id_produto`, which is never empty, for all products together."""

BY_ORDER: Final = "vendas_por_pedido"
"""Table of `id_pedido`, `id_produto`, `dia`, `unidades`, `receita`: one row per order, product
and day, and one per order and day of ALL_PRODUCTS."""

ALL_PRODUCTS_BY_ORDER: Final = f"""
INSERT INTO {BY_ORDER}
SELECT id_pedido, '{ALL_PRODUCTS}', dia, SUM(unidades), SUM(receita)
FROM {BY_ORDER} GROUP BY id_pedido, dia
"""
CELLS: Final = f"""
SELECT dia, id_produto, SUM(unidades) AS unidades, SUM(receita) AS receita,
    SUM(CASE WHEN unidades > 0 THEN 1 ELSE 0 END) AS pedidos
FROM {BY_ORDER} GROUP BY dia, id_produto
"""
SPANS: Final = f"""
WITH repetidos AS (
    SELECT id_pedido, id_produto, MIN(unidades) AS minimo
    FROM {BY_ORDER} GROUP BY id_pedido, id_produto HAVING COUNT(*) > 1
), numeradas AS (
    SELECT p.id_pedido, p.id_produto, dia, unidades, minimo,
        SUM(unidades) OVER (
            PARTITION BY p.id_pedido, p.id_produto ORDER BY dia ROWS UNBOUNDED PRECEDING
        ) AS acumulado,
        LAG(dia) OVER (PARTITION BY p.id_pedido, p.id_produto ORDER BY dia) AS anterior
    FROM {BY_ORDER} AS p
    JOIN repetidos AS r ON r.id_pedido = p.id_pedido AND r.id_produto = p.id_produto
), varios AS (
    SELECT id_pedido, id_produto, dia, acumulado - unidades AS antes, acumulado AS depois
    FROM numeradas WHERE minimo <= 0
)
SELECT id_produto, de, ate, SUM(peso) AS peso FROM (
    SELECT id_produto, anterior AS de, dia AS ate, -1 AS peso
    FROM numeradas WHERE minimo > 0 AND anterior IS NOT NULL
    UNION ALL
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
"""Pairs of different days with their weights, summed over orders. If nothing of an order was taken
back, it has weights between neighbouring days alone."""

PERIOD: Final = f"""
SELECT id_produto, SUM(unidades) AS unidades, SUM(receita) AS receita,
    SUM(CASE WHEN unidades > 0 THEN 1 ELSE 0 END) AS pedidos
FROM (
    SELECT id_pedido, id_produto, SUM(unidades) AS unidades, SUM(receita) AS receita
    FROM {BY_ORDER} GROUP BY id_pedido, id_produto
) AS pedidos GROUP BY id_produto
"""
"""The count of a period, if BY_ORDER holds the lines of that period alone."""
