"""`eventos_clientes`: customers' events, each once by `id_evento`, and the sales among them."""

from datetime import timedelta
from typing import Final

from event_contracts.evento import OF_A_SALE, TAKES_BACK, TipoEvento
from event_contracts.names import TOPIC_EVENTOS
from warehouse import tables
from warehouse.feeds.feed import NEW, STAGED, Bounds, Check, Feed
from warehouse.literals import literal, text_list
from warehouse.transaction import Transaction

DEDUPLICATION_RANGE: Final = timedelta(days=7)
"""Repeats are searched among events dated up to this long before and after the batch."""

FILE_RANGE: Final = timedelta(days=2)
"""Lines of files are searched among those dated up to this long before and after the batch. Loading
a file finds all other lines of its orders."""

_COLUMNS: Final = tables.EVENTOS.column_list
_OF_A_SALE: Final = text_list(OF_A_SALE)
_TAKES_BACK: Final = text_list(TAKES_BACK)
_BOUGHT: Final = f"tipo_evento = '{TipoEvento.COMPRA}'"
_UNITS: Final = f"CASE WHEN {_BOUGHT} THEN quantidade ELSE -quantidade END"


def _select_new(bounds: Bounds) -> str:
    since = literal(bounds.oldest - DEDUPLICATION_RANGE)
    until = literal(bounds.newest + DEDUPLICATION_RANGE)
    columns = ", ".join(f'lote."{column.name}"' for column in tables.EVENTOS.columns)
    return f"""
        SELECT {columns} FROM (
            SELECT {_COLUMNS}, ROW_NUMBER() OVER (
                PARTITION BY id_evento ORDER BY kafka_partition, kafka_offset
            ) AS vez
            FROM {STAGED}
        ) AS lote
        LEFT JOIN (
            SELECT id_evento FROM eventos_clientes
            WHERE "timestamp" BETWEEN {since} AND {until}
        ) AS gravado ON gravado.id_evento = lote.id_evento
        WHERE vez = 1 AND gravado.id_evento IS NULL
    """


_PURCHASES_ALSO_IN_FILES: Final = f"""
SELECT DISTINCT venda.id_pedido, venda.id_produto
FROM vendas AS venda
JOIN {NEW} AS procurado
    ON procurado.id_pedido = venda.id_pedido AND procurado.id_produto = venda.id_produto
WHERE procurado.{_BOUGHT} AND venda.origem = 'arquivo'
    AND venda.data BETWEEN {{since}} AND {{until}}
"""
_INSERT_SALES: Final = f"""
INSERT INTO {{table}} ({tables.VENDAS.column_list})
SELECT novo.id_pedido, novo.id_produto, {_UNITS}, preco, "timestamp",
    id_usuario, id_evento, kafka_partition, kafka_offset, tipo_evento, 'fluxo', NULL, NULL, NULL
FROM {NEW} AS novo {{join}} WHERE tipo_evento IN {_OF_A_SALE} {{condition}}
"""
_JOIN_FILES: Final = f"""
LEFT JOIN ({{in_files}}) AS do_arquivo ON do_arquivo.id_pedido = novo.id_pedido
    AND do_arquivo.id_produto = novo.id_produto AND novo.{_BOUGHT}
"""
_MARK_WITHOUT_PURCHASE: Final = f"""
INSERT INTO devolucoes_sem_compra ({tables.SEM_COMPRA.column_list})
SELECT novo.id_evento, novo.id_pedido, novo.id_produto
FROM {NEW} AS novo
LEFT JOIN (
    SELECT DISTINCT venda.id_pedido, venda.id_produto
    FROM vendas AS venda
    JOIN {NEW} AS procurado
        ON procurado.id_pedido = venda.id_pedido AND procurado.id_produto = venda.id_produto
    WHERE venda.{_BOUGHT}
) AS compra ON compra.id_pedido = novo.id_pedido AND compra.id_produto = novo.id_produto
WHERE novo.tipo_evento IN {_TAKES_BACK} AND compra.id_pedido IS NULL
"""
_UNMARK_BOUGHT: Final = f"""
DELETE FROM devolucoes_sem_compra USING {NEW}
WHERE {NEW}.{_BOUGHT} AND {NEW}.id_pedido = devolucoes_sem_compra.id_pedido
    AND {NEW}.id_produto = devolucoes_sem_compra.id_produto
"""
_COUNT: Final = (
    f"SELECT COUNT(CASE WHEN tipo_evento IN {_OF_A_SALE} THEN 1 END), "
    f"COUNT(CASE WHEN tipo_evento IN {_TAKES_BACK} THEN 1 END), "
    f"(SELECT COUNT(*) FROM cargas WHERE situacao = 'carregada') FROM {NEW}"
)


def _derive(transaction: Transaction, bounds: Bounds) -> None:
    """Update sales and returns. A purchase may come after its return: it removes the mark."""
    n_sales, n_taken_back, n_files = transaction.row(_COUNT)
    if n_sales:
        _insert_sales(transaction, bounds, has_files=n_files > 0)
        transaction.execute(_UNMARK_BOUGHT)
    if n_taken_back:
        transaction.execute(_MARK_WITHOUT_PURCHASE)


def _insert_sales(transaction: Transaction, bounds: Bounds, *, has_files: bool) -> None:
    """Insert purchases that are in a file as well into `vendas_preteridas`, all other lines into
    `vendas`. Without loaded files, `has_files` saves the search for them."""
    since, until = literal(bounds.oldest - FILE_RANGE), literal(bounds.newest + FILE_RANGE)
    in_files = _PURCHASES_ALSO_IN_FILES.format(since=since, until=until)
    if not has_files or not transaction.row(f"SELECT COUNT(*) FROM ({in_files}) AS t")[0]:
        transaction.execute(_INSERT_SALES.format(table="vendas", join="", condition=""))
        return
    join = _JOIN_FILES.format(in_files=in_files)
    for table, found in (("vendas_preteridas", "IS NOT NULL"), ("vendas", "IS NULL")):
        condition = f"AND do_arquivo.id_pedido {found}"
        transaction.execute(_INSERT_SALES.format(table=table, join=join, condition=condition))


_REPEATED_IDS: Final = f"""
SELECT COUNT(*) FROM (
    SELECT "timestamp", LAG("timestamp") OVER (
        PARTITION BY id_evento ORDER BY "timestamp"
    ) AS anterior
    FROM eventos_clientes
) AS repetidos
WHERE "timestamp" <= anterior + INTERVAL '{DEDUPLICATION_RANGE.days} days'
"""
_SALES_UNLIKE_EVENTS: Final = f"""
SELECT ABS(linhas) + ABS(unidades) + ABS(receita) FROM (
    SELECT COALESCE(SUM(n), 0) AS linhas, COALESCE(SUM(unidades), 0) AS unidades,
        COALESCE(SUM(receita), 0) AS receita
    FROM (
        SELECT COUNT(*) AS n, SUM({_UNITS}) AS unidades, SUM({_UNITS} * preco) AS receita
        FROM eventos_clientes WHERE tipo_evento IN {_OF_A_SALE}
        UNION ALL
        SELECT -COUNT(*), -SUM(quantidade), -SUM(quantidade * preco)
        FROM vendas WHERE origem = 'fluxo'
        UNION ALL
        SELECT -COUNT(*), -SUM(quantidade), -SUM(quantidade * preco)
        FROM vendas_preteridas WHERE origem = 'fluxo'
    ) AS lados
) AS diferenca
"""

EVENTOS: Final = Feed(
    topic=TOPIC_EVENTOS,
    table=tables.EVENTOS,
    event_time="timestamp",
    select_new=_select_new,
    derive=_derive,
    checks=(
        Check(_REPEATED_IDS, "events repeat an id_evento"),
        Check(
            _SALES_UNLIKE_EVENTS,
            "is by how much the stream's lines of vendas differ from the events, in lines, "
            "units and revenue together",
        ),
    ),
)
