"""Names of the metrics that event-producer emits, and of their attributes' values."""

from typing import Final

METER: Final = "event_producer"

EVENTS_STORED: Final = "event_producer.events.stored"
EVENTS_REFUSED: Final = "event_producer.events.refused"
SEGMENT_SKIPPED: Final = "event_producer.segment.left"
EVENTS_DRAINED: Final = "event_producer.events.drained"
GROUP_SIZE: Final = "event_producer.group.size"
GROUP_SECONDS: Final = "event_producer.group.duration"
SPOOL_EVENTS: Final = "event_producer.spool.events"
SPOOL_BYTES: Final = "event_producer.spool.bytes"

ATTRIBUTE_STORE: Final = "store"
ATTRIBUTE_TOPIC: Final = "topic"
ATTRIBUTE_MOTIVO: Final = "motivo"
STORE_KAFKA: Final = "kafka"
STORE_SPOOL: Final = "spool"
SPAN_POST: Final = "POST /eventos"
SPAN_STOCK: Final = "POST /estoque"
SPAN_SEGMENT: Final = "POST /v1"
