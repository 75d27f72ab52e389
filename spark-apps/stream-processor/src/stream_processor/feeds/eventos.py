"""Customers' events: records of `eventos_clientes` as rows of the table of that name."""

import pyarrow as pa

from event_contracts.names import TOPIC_EVENTOS
from stream_processor.rows import Decoded, DecodedPart, records


def decode(batch: pa.RecordBatch) -> Decoded:
    """Every record becomes a row or a dead letter, in the order of the batch."""
    part = DecodedPart(TOPIC_EVENTOS)
    for record in records(batch):
        part.add(record)
    return Decoded(part.events_table(), part.dead_table())
