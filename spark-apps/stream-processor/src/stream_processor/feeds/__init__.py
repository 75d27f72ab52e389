"""How each topic's records become rows: a module per topic, named in `DECODERS`.

What the rows are loaded into stands in `warehouse.feeds`, which the audit reads as well.
"""

from collections.abc import Mapping
from typing import Final

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from stream_processor.decoding import DecodeBatch
from stream_processor.feeds.estoque import decode_updates
from stream_processor.feeds.eventos import decode_eventos

DECODERS: Final[Mapping[str, DecodeBatch]] = {
    TOPIC_EVENTOS: decode_eventos,
    TOPIC_ESTOQUE: decode_updates,
}
"""Topic -> how its records are decoded."""
