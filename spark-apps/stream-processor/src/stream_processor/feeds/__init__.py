"""How each topic's records become rows: a module per topic, named in `DECODERS`.

What the rows are loaded into stands in `warehouse.feeds`, which the audit reads as well.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pyarrow as pa

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from stream_processor.decoding import Decoded
from stream_processor.feeds.estoque import decode_updates
from stream_processor.feeds.eventos import decode_eventos

DECODERS: Final[Mapping[str, Callable[[pa.RecordBatch], Decoded]]] = {
    TOPIC_EVENTOS: decode_eventos,
    TOPIC_ESTOQUE: decode_updates,
}
"""Topic -> what turns a batch of its records, with the columns of Kafka, into rows."""
