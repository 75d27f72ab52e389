"""Which purchase counts: of each order and product one line is in `vendas`, all others are in
`vendas_preteridas`.

A line of a file comes before any line of the stream; among files the one that was modified last,
then the greater path, then the later row. Lines of the stream give way to files alone, and all of
them at once. Returns never compete.
"""

from collections.abc import Collection
from datetime import date
from typing import Final

from event_contracts.evento import TAKES_BACK, TipoEvento
from warehouse.connection import Transaction
from warehouse.history.staged import STAGED_REJECTED, STAGED_SALES
from warehouse.history.versions import Plan
from warehouse.literals import day_in, number_list, text_list
from warehouse.tables import PRETERIDAS, VENDAS, VENDAS_REJEITADAS

_TABLES: Final = (VENDAS.name, PRETERIDAS.name)
_COLUMNS: Final = VENDAS.column_list
_OF_LINES: Final = ", ".join(f'linhas."{column.name}"' for column in VENDAS.columns)
_BOUGHT: Final = f"tipo_evento = '{TipoEvento.COMPRA}'"

_STAGED_KEYS: Final = (
    f"SELECT DISTINCT id_pedido, id_produto FROM {STAGED_SALES.name} WHERE {{loaded}}"
)
_REPLACED_KEYS: Final = "SELECT id_pedido, id_produto FROM {table} WHERE {replaced}"
_HELD: Final = f"""
SELECT {_OF_LINES}, '{{table}}' AS antes FROM {{table}} AS linhas
JOIN carga_chaves ON carga_chaves.id_pedido = linhas.id_pedido
    AND carga_chaves.id_produto = linhas.id_produto
WHERE linhas.{_BOUGHT}
"""
_STAGED: Final = f"""
SELECT id_pedido, id_produto, quantidade, preco, data, id_usuario, CAST(NULL AS VARCHAR(300)),
    CAST(NULL AS INTEGER), CAST(NULL AS BIGINT), '{TipoEvento.COMPRA}', 'arquivo', regiao,
    id_carga, linha, ''
FROM {STAGED_SALES.name} WHERE {{loaded}}
"""
_FIRST_FIRST: Final = """
PARTITION BY linhas.id_pedido, linhas.id_produto
ORDER BY CASE WHEN linhas.origem = 'arquivo' THEN 0 ELSE 1 END,
    cargas.modificado_em DESC, cargas.arquivo DESC, linhas.linha DESC
"""
_ORDERED: Final = f"""
CREATE TEMP TABLE carga_ordem AS
SELECT {_COLUMNS}, antes, vencedora, CASE
    WHEN vez = 1 OR vencedora IS NULL THEN '{VENDAS.name}' ELSE '{PRETERIDAS.name}'
END AS lugar
FROM (
    SELECT {_OF_LINES}, antes, ROW_NUMBER() OVER ({_FIRST_FIRST}) AS vez,
        FIRST_VALUE(linhas.id_carga) OVER ({_FIRST_FIRST} ROWS UNBOUNDED PRECEDING) AS vencedora
    FROM ({{lines}}) AS linhas LEFT JOIN cargas ON cargas.id_carga = linhas.id_carga
) AS ordenadas
"""
_DAYS: Final = """
SELECT DISTINCT {day} FROM carga_ordem WHERE antes <> lugar AND 'vendas' IN (antes, lugar)
"""
_LEAVE: Final = """
DELETE FROM {table} USING carga_ordem
WHERE carga_ordem.antes = '{table}' AND carga_ordem.lugar <> '{table}'
    AND {table}.id_pedido = carga_ordem.id_pedido AND {table}.id_produto = carga_ordem.id_produto
    AND {table}.tipo_evento = carga_ordem.tipo_evento AND {table}.origem = carga_ordem.origem
    AND COALESCE({table}.id_carga, 0) = COALESCE(carga_ordem.id_carga, 0)
    AND COALESCE({table}.linha, 0) = COALESCE(carga_ordem.linha, 0)
"""
_ENTER: Final = f"""
INSERT INTO {{table}} ({_COLUMNS})
SELECT {_COLUMNS} FROM carga_ordem WHERE lugar = '{{table}}' AND antes <> '{{table}}'
"""
_REJECTED: Final = f"""
INSERT INTO {VENDAS_REJEITADAS.name} ({VENDAS_REJEITADAS.column_list})
SELECT {VENDAS_REJEITADAS.column_list} FROM {STAGED_REJECTED.name} WHERE {{loaded}}
"""
_COUNT: Final = f"""
UPDATE cargas SET n_gravadas = contadas.gravadas,
    n_preteridas = n_preteridas - contadas.gravadas, n_substituidas = contadas.substituidas
FROM (
    SELECT CASE WHEN origem = 'arquivo' THEN id_carga ELSE vencedora END AS id_carga,
        COUNT(CASE WHEN antes = '' AND lugar = '{VENDAS.name}' THEN 1 END) AS gravadas,
        COUNT(CASE WHEN origem = 'fluxo' AND antes = '{VENDAS.name}'
            AND lugar = '{PRETERIDAS.name}' THEN 1 END) AS substituidas
    FROM carga_ordem GROUP BY 1
) AS contadas
WHERE cargas.id_carga = contadas.id_carga AND {{loaded}}
"""
_UNMARK_BOUGHT: Final = """
DELETE FROM devolucoes_sem_compra USING carga_ordem
WHERE carga_ordem.id_pedido = devolucoes_sem_compra.id_pedido
    AND carga_ordem.id_produto = devolucoes_sem_compra.id_produto
"""
_MARK_WITHOUT_PURCHASE: Final = f"""
INSERT INTO devolucoes_sem_compra (id_evento, id_pedido, id_produto)
SELECT venda.id_evento, venda.id_pedido, venda.id_produto
FROM vendas AS venda
JOIN carga_chaves ON carga_chaves.id_pedido = venda.id_pedido
    AND carga_chaves.id_produto = venda.id_produto
LEFT JOIN carga_ordem ON carga_ordem.id_pedido = venda.id_pedido
    AND carga_ordem.id_produto = venda.id_produto
LEFT JOIN devolucoes_sem_compra AS marca ON marca.id_evento = venda.id_evento
WHERE venda.tipo_evento IN {text_list(TAKES_BACK)}
    AND carga_ordem.id_pedido IS NULL AND marca.id_evento IS NULL
"""


def merge(transaction: Transaction, decided: Plan, *, timezone: str) -> set[date]:
    """Bring the staged lines of a plan in and take those of replaced versions out; returns the days
    whose sales changed. `cargas` must have the rows of the plan already."""
    if not decided.load:
        return set()
    loaded = f"id_carga IN {number_list(version.id_carga for version in decided.load)}"
    days = _take_out(transaction, decided.replaced, loaded=loaded, day=day_in(timezone))
    held = " UNION ALL ".join(_HELD.format(table=table) for table in _TABLES)
    lines = f"{held} UNION ALL {_STAGED.format(loaded=loaded)}"
    transaction.execute(_ORDERED.format(lines=lines))
    days |= _days(transaction, _DAYS.format(day=day_in(timezone)))
    for table in _TABLES:
        transaction.execute(_LEAVE.format(table=table))
    for table in _TABLES:
        transaction.execute(_ENTER.format(table=table))
    transaction.execute(_REJECTED.format(loaded=loaded))
    transaction.execute(_COUNT.format(loaded=f"cargas.{loaded}"))
    transaction.execute(_UNMARK_BOUGHT)
    if decided.replaced:
        transaction.execute(_MARK_WITHOUT_PURCHASE)
    transaction.execute("DROP TABLE carga_chaves")
    transaction.execute("DROP TABLE carga_ordem")
    return days


def _take_out(
    transaction: Transaction, replaced: Collection[int], *, loaded: str, day: str
) -> set[date]:
    """Remember every order and product that is touched, and remove the lines of replaced versions;
    returns the days that these were in."""
    keys = [_STAGED_KEYS.format(loaded=loaded)]
    days: set[date] = set()
    if replaced:
        gone = f"id_carga IN {number_list(replaced)}"
        keys += [_REPLACED_KEYS.format(table=table, replaced=gone) for table in _TABLES]
        days = _days(transaction, f"SELECT DISTINCT {day} FROM vendas WHERE {gone}")
    transaction.execute(f"CREATE TEMP TABLE carga_chaves AS {' UNION '.join(keys)}")
    if replaced:
        for table in (*_TABLES, VENDAS_REJEITADAS.name):
            transaction.execute(f"DELETE FROM {table} WHERE {gone}")
    return days


def _days(transaction: Transaction, statement: str) -> set[date]:
    return {row[0] for row in transaction.rows(statement)}
