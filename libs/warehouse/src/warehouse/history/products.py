"""Loads products from files: of each product the row that was modified last counts.

A product stays when a newer version of its file leaves it out, so rows of every version that was
ever offered compete, whatever the order in which they come.
"""

from datetime import date, datetime
from functools import partial
from typing import Final

from event_contracts.states import UNKNOWN
from warehouse.connection import Warehouse
from warehouse.history.days import rebuild_categories
from warehouse.history.file_load import Load
from warehouse.history.staged import STAGED_PRODUCTS, StagedProducts
from warehouse.history.versions import Carga, Plan, Tipo, ids_of
from warehouse.literals import day_in
from warehouse.tables import PRODUTOS
from warehouse.transaction import Transaction

_COLUMNS: Final = PRODUTOS.column_list
_LATEST: Final = f"""
CREATE TEMP TABLE carga_ultimos AS
SELECT {_COLUMNS} FROM (
    SELECT novo.id_produto, novo.nome, novo.categoria, novo.preco_lista,
        cargas.modificado_em AS atualizado_em, novo.id_carga, ROW_NUMBER() OVER (
            PARTITION BY novo.id_produto
            ORDER BY cargas.modificado_em DESC, novo.id_carga DESC, novo.linha DESC
        ) AS vez
    FROM {STAGED_PRODUCTS.name} AS novo JOIN cargas ON cargas.id_carga = novo.id_carga
    WHERE novo.id_carga IN {{offered}}
) AS ordenados WHERE vez = 1
"""
_LOSE: Final = """
DELETE FROM carga_ultimos USING produtos
WHERE produtos.id_produto = carga_ultimos.id_produto
    AND (produtos.atualizado_em > carga_ultimos.atualizado_em
        OR (produtos.atualizado_em = carga_ultimos.atualizado_em
            AND produtos.id_carga > carga_ultimos.id_carga))
"""
_CHANGED_DAYS: Final = f"""
SELECT DISTINCT {{day}} FROM vendas JOIN (
    SELECT novo.id_produto FROM carga_ultimos AS novo
    LEFT JOIN produtos ON produtos.id_produto = novo.id_produto
    WHERE COALESCE(novo.categoria, '{UNKNOWN}') <> COALESCE(produtos.categoria, '{UNKNOWN}')
) AS mudados ON mudados.id_produto = vendas.id_produto
"""
_REMOVE: Final = """
DELETE FROM produtos USING carga_ultimos WHERE produtos.id_produto = carga_ultimos.id_produto
"""
_INSERT: Final = f"INSERT INTO produtos ({_COLUMNS}) SELECT {_COLUMNS} FROM carga_ultimos"
_COUNT: Final = """
UPDATE cargas SET n_gravadas = contados.gravados,
    n_preteridas = n_gravadas + n_preteridas - contados.gravados
FROM (
    SELECT ofertas.id_carga, COUNT(carga_ultimos.id_produto) AS gravados
    FROM cargas AS ofertas LEFT JOIN carga_ultimos ON carga_ultimos.id_carga = ofertas.id_carga
    WHERE ofertas.id_carga IN {offered} GROUP BY ofertas.id_carga
) AS contados
WHERE cargas.id_carga = contados.id_carga
"""


def _merge(transaction: Transaction, decided: Plan, *, timezone: str) -> set[date]:
    """Keep the latest row of each product; the days on which a product was sold whose category
    changed."""
    offered = [*decided.load, *decided.stale]
    if not offered:
        return set()
    transaction.execute(_LATEST.format(offered=ids_of(offered)))
    transaction.execute(_LOSE)
    days = {row[0] for row in transaction.rows(_CHANGED_DAYS.format(day=day_in(timezone)))}
    transaction.execute(_REMOVE)
    transaction.execute(_INSERT)
    transaction.execute(_COUNT.format(offered=ids_of(offered)))
    transaction.execute("DROP TABLE carga_ultimos")
    return days


def load_products(
    warehouse: Warehouse, batch: StagedProducts, *, iam_role: str, timezone: str, now: datetime
) -> list[Carga]:
    """Load versions of product files exactly once, as `load_sales` loads sales.

    Where the category of a product changes, `vendas_diarias` of all days on which it was sold is
    computed anew.
    """
    refresh = partial(rebuild_categories, timezone=timezone)
    load = Load(Tipo.PRODUTOS, _merge, refresh, points="produtos")
    return load.run(warehouse, batch, iam_role=iam_role, timezone=timezone, now=now)
