"""Which purchase counts: of each order and product one line is in `vendas`, all others are in
`vendas_preteridas`.

A line of a file comes before any line of the stream; among files the one that was modified last,
then the greater path, then the later row. Lines of the stream give way to files alone, and all of
them at once. Returns never compete.
"""

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Final

from event_contracts.evento import TAKES_BACK, TipoEvento
from warehouse.history.planned_copy import PlannedCopy
from warehouse.history.versions import Plan, ids_of
from warehouse.literals import day_in, number_list, text_list
from warehouse.tables import PRETERIDAS, VENDAS
from warehouse.transaction import Transaction

_TABLES: Final = (VENDAS.name, PRETERIDAS.name)
_COLUMNS: Final = VENDAS.column_list
_OF_LINES: Final = ", ".join(f'linhas."{column.name}"' for column in VENDAS.columns)
_BOUGHT: Final = f"tipo_evento = '{TipoEvento.COMPRA}'"

_SAME_SALE: Final = "{0}.id_pedido = {1}.id_pedido AND {0}.id_produto = {1}.id_produto"

_LEAVING: Final = """
CREATE TEMP TABLE carga_saidas AS
SELECT DISTINCT id_pedido, id_produto FROM vendas WHERE {gone}
"""
_HELD_AND_NEW: Final = f"""
SELECT linhas.id_pedido, linhas.id_produto FROM {{table}} AS linhas
JOIN vendas AS novas ON {_SAME_SALE.format("novas", "linhas")}
WHERE linhas.{_BOUGHT} AND COALESCE(linhas.id_carga, 0) NOT IN {{loaded}}
    AND novas.id_carga IN {{loaded}}
"""
_NEW_TWICE: Final = """
SELECT id_pedido, id_produto FROM vendas WHERE id_carga IN {loaded}
GROUP BY id_pedido, id_produto HAVING COUNT(*) > 1
"""
_LEFT_TO_OTHERS: Final = f"""
SELECT linhas.id_pedido, linhas.id_produto FROM vendas_preteridas AS linhas
JOIN carga_saidas ON {_SAME_SALE.format("carga_saidas", "linhas")}
"""
_LINES: Final = f"""
SELECT {_OF_LINES}, '{{table}}' AS onde,
    CASE WHEN linhas.id_carga IN {{loaded}} THEN '' ELSE '{{table}}' END AS antes
FROM {{table}} AS linhas
JOIN carga_disputas ON {_SAME_SALE.format("carga_disputas", "linhas")}
WHERE linhas.{_BOUGHT}
"""
"""`onde` is the table that a line is in; `antes`, what it counted as before the load: '' for a new
one."""
_FIRST_FIRST: Final = """
PARTITION BY linhas.id_pedido, linhas.id_produto
ORDER BY CASE WHEN linhas.origem = 'arquivo' THEN 0 ELSE 1 END,
    cargas.modificado_em DESC, cargas.arquivo DESC, linhas.linha DESC
"""
_ORDERED: Final = f"""
CREATE TEMP TABLE carga_ordem AS
SELECT {_COLUMNS}, onde, antes, vencedora, CASE
    WHEN vez = 1 OR vencedora IS NULL THEN '{VENDAS.name}' ELSE '{PRETERIDAS.name}'
END AS lugar
FROM (
    SELECT {_OF_LINES}, onde, antes, ROW_NUMBER() OVER ({_FIRST_FIRST}) AS vez,
        FIRST_VALUE(linhas.id_carga) OVER ({_FIRST_FIRST} ROWS UNBOUNDED PRECEDING) AS vencedora
    FROM ({{lines}}) AS linhas LEFT JOIN cargas ON cargas.id_carga = linhas.id_carga
) AS ordenadas
"""
_DAYS: Final = """
SELECT DISTINCT {day} FROM carga_ordem WHERE antes <> lugar AND 'vendas' IN (antes, lugar)
"""
_NEW_DISPUTED: Final = "SELECT {day}, COUNT(*) FROM carga_ordem WHERE antes = '' GROUP BY 1"
_LEAVE: Final = """
DELETE FROM {table} USING carga_ordem
WHERE carga_ordem.onde = '{table}' AND carga_ordem.lugar <> '{table}'
    AND {table}.id_pedido = carga_ordem.id_pedido AND {table}.id_produto = carga_ordem.id_produto
    AND {table}.tipo_evento = carga_ordem.tipo_evento AND {table}.origem = carga_ordem.origem
    AND COALESCE({table}.id_carga, 0) = COALESCE(carga_ordem.id_carga, 0)
    AND COALESCE({table}.linha, 0) = COALESCE(carga_ordem.linha, 0)
"""
_ENTER: Final = f"""
INSERT INTO {{table}} ({_COLUMNS})
SELECT {_COLUMNS} FROM carga_ordem WHERE lugar = '{{table}}' AND onde <> '{{table}}'
"""
_COUNT: Final = f"""
UPDATE cargas SET n_gravadas = n_gravadas - contadas.preteridas,
    n_preteridas = n_preteridas + contadas.preteridas, n_substituidas = contadas.substituidas
FROM (
    SELECT CASE WHEN origem = 'arquivo' THEN id_carga ELSE vencedora END AS id_carga,
        COUNT(CASE WHEN antes = '' AND lugar = '{PRETERIDAS.name}' THEN 1 END) AS preteridas,
        COUNT(CASE WHEN origem = 'fluxo' AND antes = '{VENDAS.name}'
            AND lugar = '{PRETERIDAS.name}' THEN 1 END) AS substituidas
    FROM carga_ordem GROUP BY 1
) AS contadas
WHERE cargas.id_carga = contadas.id_carga AND cargas.id_carga IN {{loaded}}
"""
_UNMARK_BOUGHT: Final = f"""
DELETE FROM devolucoes_sem_compra USING vendas
WHERE {_SAME_SALE.format("vendas", "devolucoes_sem_compra")} AND vendas.id_carga IN {{loaded}}
"""
_MARK_WITHOUT_PURCHASE: Final = f"""
INSERT INTO devolucoes_sem_compra (id_evento, id_pedido, id_produto)
SELECT venda.id_evento, venda.id_pedido, venda.id_produto
FROM vendas AS venda
JOIN carga_saidas ON {_SAME_SALE.format("carga_saidas", "venda")}
LEFT JOIN (
    SELECT DISTINCT linhas.id_pedido, linhas.id_produto FROM vendas AS linhas
    JOIN carga_saidas ON {_SAME_SALE.format("carga_saidas", "linhas")}
    WHERE linhas.{_BOUGHT}
) AS compra ON {_SAME_SALE.format("compra", "venda")}
WHERE venda.tipo_evento IN {text_list(TAKES_BACK)} AND compra.id_pedido IS NULL
"""


def merge(
    transaction: Transaction, decided: Plan, *, timezone: str, copy: PlannedCopy
) -> set[date]:
    """Take the lines of replaced versions out and bring those of a plan in; returns the days whose
    sales changed. `cargas` must have the rows of the plan already. Raises as `PlannedCopy.run`."""
    if not decided.load:
        return set()
    day, loaded = day_in(timezone), ids_of(decided.load)
    days = _take_out(transaction, decided.replaced, day=day)
    copied = copy.run(transaction, decided, day=day)
    transaction.execute(_UNMARK_BOUGHT.format(loaded=loaded))
    transaction.execute(f"CREATE TEMP TABLE carga_disputas AS {_disputes(decided, loaded)}")
    if transaction.row("SELECT COUNT(*) FROM carga_disputas")[0]:
        days |= _settle(transaction, loaded, copied, day=day)
    else:
        days |= copied.keys()
    transaction.execute("DROP TABLE carga_disputas")
    if decided.replaced:
        transaction.execute(_MARK_WITHOUT_PURCHASE)
        transaction.execute("DROP TABLE carga_saidas")
    return days


def _take_out(transaction: Transaction, replaced: Collection[int], *, day: str) -> set[date]:
    """Remove the lines of replaced versions; `carga_saidas` then has the sales that these won, and
    the days of these are returned."""
    if not replaced:
        return set()
    gone = f"id_carga IN {number_list(replaced)}"
    transaction.execute(_LEAVING.format(gone=gone))
    days = _days(transaction, f"SELECT DISTINCT {day} FROM vendas WHERE {gone}")
    for table in _TABLES:
        transaction.execute(f"DELETE FROM {table} WHERE {gone}")
    return days


def _disputes(decided: Plan, loaded: str) -> str:
    """The query for the sales that have more lines than one, or lost the line that counted."""
    queries = [_HELD_AND_NEW.format(table=table, loaded=loaded) for table in _TABLES]
    queries.append(_NEW_TWICE.format(loaded=loaded))
    if decided.replaced:
        queries.append(_LEFT_TO_OTHERS)
    return " UNION ".join(queries)


def _settle(transaction: Transaction, loaded: str, copied: Counter[date], *, day: str) -> set[date]:
    """Put every line of the disputed sales where it belongs; the days whose sales changed by the
    load, of whose lines so many were `copied`. A new line that lost changes none."""
    lines = " UNION ALL ".join(_LINES.format(table=table, loaded=loaded) for table in _TABLES)
    transaction.execute(_ORDERED.format(lines=lines))
    rows = transaction.rows(_NEW_DISPUTED.format(day=day))
    disputed: Counter[date] = Counter({on: int(count) for on, count in rows})
    days = _days(transaction, _DAYS.format(day=day)) | (copied - disputed).keys()
    for statement in (_LEAVE, _ENTER):
        for table in _TABLES:
            transaction.execute(statement.format(table=table))
    transaction.execute(_COUNT.format(loaded=loaded))
    transaction.execute("DROP TABLE carga_ordem")
    return days


def _days(transaction: Transaction, statement: str) -> set[date]:
    return {row[0] for row in transaction.rows(statement)}
