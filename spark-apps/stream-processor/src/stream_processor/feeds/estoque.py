"""Stock updates: records of `atualizacoes_estoque` as rows of the table of that name."""

from typing import Final

import pyarrow as pa

from event_contracts.estoque import AtualizacaoEstoque, decode_estoque
from event_contracts.names import TOPIC_ESTOQUE
from stream_processor.decoding import Decoded, decode_carefully
from stream_processor.rows import KafkaRecord, Row
from warehouse import tables
from warehouse.arrow_schema import arrow_schema

_SCHEMA: Final = arrow_schema(tables.ATUALIZACOES)


def decode_updates(batch: pa.RecordBatch) -> Decoded:
    """Every record becomes a row or a dead letter, in the order of the batch."""
    return decode_carefully(batch, decode_estoque, _row, schema=_SCHEMA, topic=TOPIC_ESTOQUE)


def _row(update: AtualizacaoEstoque, record: KafkaRecord, _topic: str) -> Row:
    return (
        update.id_produto,
        update.nivel_estoque,
        update.ultima_atualizacao,
        update.id_armazem,
        record.partition,
        record.offset,
        record.received_at,
    )
