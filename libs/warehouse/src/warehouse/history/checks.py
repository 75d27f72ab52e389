"""Checks that `cargas` agrees with the rows of files in the tables."""

from typing import Final

from warehouse.feeds.feed import Check

_LOADED: Final = "situacao = 'carregada'"
_NOT_ADDING_UP: Final = """
SELECT COUNT(*) FROM cargas WHERE situacao <> 'ignorada'
    AND n_lidas <> n_gravadas + n_preteridas + n_rejeitadas
"""
_CURRENT_TWICE: Final = f"""
SELECT COUNT(*) FROM (
    SELECT arquivo FROM cargas WHERE {_LOADED} GROUP BY arquivo HAVING COUNT(*) > 1
) AS repetidos
"""
_UNLIKE_LINES: Final = f"""
SELECT COUNT(*) FROM (
    SELECT id_carga FROM (
        SELECT id_carga, n_gravadas + n_preteridas AS n FROM cargas
        WHERE {_LOADED} AND tipo = 'vendas'
        UNION ALL SELECT id_carga, -COUNT(*) FROM vendas WHERE origem = 'arquivo' GROUP BY id_carga
        UNION ALL SELECT id_carga, -COUNT(*) FROM vendas_preteridas
        WHERE origem = 'arquivo' GROUP BY id_carga
    ) AS lados GROUP BY id_carga HAVING SUM(n) <> 0
) AS diferentes
"""
_UNLIKE_REJECTED: Final = f"""
SELECT COUNT(*) FROM (
    SELECT id_carga FROM (
        SELECT id_carga, n_rejeitadas AS n FROM cargas WHERE {_LOADED}
        UNION ALL SELECT id_carga, -COUNT(*) FROM vendas_rejeitadas GROUP BY id_carga
    ) AS lados GROUP BY id_carga HAVING SUM(n) <> 0
) AS diferentes
"""
_UNLIKE_PRODUCTS: Final = """
SELECT COUNT(*) FROM produtos LEFT JOIN cargas ON cargas.id_carga = produtos.id_carga
    AND cargas.tipo = 'produtos' AND cargas.modificado_em >= produtos.atualizado_em
WHERE cargas.id_carga IS NULL
"""
_PASSED_OVER_BY_NONE: Final = """
SELECT COUNT(*) FROM (
    SELECT DISTINCT id_pedido, id_produto FROM vendas_preteridas
) AS preteridas
LEFT JOIN (
    SELECT DISTINCT id_pedido, id_produto FROM vendas WHERE origem = 'arquivo'
) AS vencedoras ON vencedoras.id_pedido = preteridas.id_pedido
    AND vencedoras.id_produto = preteridas.id_produto
WHERE vencedoras.id_pedido IS NULL
"""
_TWICE_FROM_FILES: Final = """
SELECT COUNT(*) FROM (
    SELECT id_pedido, id_produto FROM vendas WHERE origem = 'arquivo'
    GROUP BY id_pedido, id_produto HAVING COUNT(*) > 1
) AS repetidas
"""

CHECKS: Final = (
    Check(_NOT_ADDING_UP, "files do not add up: read differs from what became of the rows"),
    Check(_CURRENT_TWICE, "paths have more than one version that counts"),
    Check(_UNLIKE_LINES, "files have more or fewer lines in the tables than cargas says"),
    Check(_UNLIKE_REJECTED, "files have more or fewer rejected rows than cargas says"),
    Check(_UNLIKE_PRODUCTS, "products come from no file that cargas has"),
    Check(_PASSED_OVER_BY_NONE, "sales were passed over though no file has them"),
    Check(_TWICE_FROM_FILES, "sales count twice, from two files"),
)
