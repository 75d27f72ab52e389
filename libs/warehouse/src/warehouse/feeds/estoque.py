"""`atualizacoes_estoque`: every stock update, and the latest of each product and warehouse."""

from typing import Final

from event_contracts.names import TOPIC_ESTOQUE
from warehouse import tables
from warehouse.feeds.feed import NEW, STAGED, Bounds, Check, Feed
from warehouse.transaction import Transaction

_COLUMNS: Final = tables.ATUALIZACOES.column_list
_LATEST: Final = """
SELECT {columns} FROM (
    SELECT {columns}, ROW_NUMBER() OVER (
        PARTITION BY id_produto, id_armazem
        ORDER BY ultima_atualizacao DESC, kafka_offset DESC, kafka_partition DESC
    ) AS vez FROM {table}
) AS ordenadas WHERE vez = 1
"""
_OLDER: Final = """
DELETE FROM estoque USING lote_ultimas
WHERE estoque.id_produto = lote_ultimas.id_produto AND estoque.id_armazem = lote_ultimas.id_armazem
    AND (estoque.ultima_atualizacao < lote_ultimas.ultima_atualizacao
        OR (estoque.ultima_atualizacao = lote_ultimas.ultima_atualizacao
            AND (estoque.kafka_offset < lote_ultimas.kafka_offset
                OR (estoque.kafka_offset = lote_ultimas.kafka_offset
                    AND estoque.kafka_partition < lote_ultimas.kafka_partition))))
"""
_NEWER: Final = f"""
INSERT INTO estoque ({_COLUMNS})
SELECT {", ".join(f'nova."{column.name}"' for column in tables.ATUALIZACOES.columns)}
FROM lote_ultimas AS nova
LEFT JOIN estoque ON estoque.id_produto = nova.id_produto AND estoque.id_armazem = nova.id_armazem
WHERE estoque.id_produto IS NULL
"""


def _derive(transaction: Transaction, _bounds: Bounds) -> None:
    """Keep the latest update of each product and warehouse; ties are decided by offset."""
    latest = _LATEST.format(columns=_COLUMNS, table=NEW)
    transaction.execute(f"CREATE TEMP TABLE lote_ultimas AS {latest}")
    transaction.execute(_OLDER)
    transaction.execute(_NEWER)
    transaction.execute("DROP TABLE lote_ultimas")


_NOT_THE_LATEST: Final = f"""
SELECT COUNT(*) FROM ({_LATEST.format(columns=_COLUMNS, table="atualizacoes_estoque")}) AS ultima
FULL JOIN estoque ON estoque.id_produto = ultima.id_produto
    AND estoque.id_armazem = ultima.id_armazem
    AND estoque.kafka_partition = ultima.kafka_partition
    AND estoque.kafka_offset = ultima.kafka_offset
WHERE estoque.id_produto IS NULL OR ultima.id_produto IS NULL
"""

ESTOQUE: Final = Feed(
    topic=TOPIC_ESTOQUE,
    table=tables.ATUALIZACOES,
    event_time="ultima_atualizacao",
    select_new=lambda _bounds: f"SELECT {_COLUMNS} FROM {STAGED}",
    derive=_derive,
    checks=(Check(_NOT_THE_LATEST, "lines of estoque are not the latest update or are missing"),),
)
