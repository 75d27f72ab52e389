"""Names of the metrics and spans that the stream processor emits; those of the span and of its
attributes as OpenTelemetry has them for messaging."""

from typing import Final

METER: Final = "stream_processor"

BATCH_SECONDS: Final = "stream.batch.duration"
BATCH_ROWS: Final = "stream.batch.rows"
FRESHNESS: Final = "stream.freshness"
QUERY_FAILURES: Final = "stream.query.failures"
QUERY_RUNNING: Final = "stream.query.running"
REFUSED_RECORDS: Final = "stream.records.refused"

ATTRIBUTE_QUERY: Final = "query"
ATTRIBUTE_TOPIC: Final = "topic"

SPAN_PROCESS: Final = "process"

ATTRIBUTE_SYSTEM: Final = "messaging.system"
SYSTEM_KAFKA: Final = "kafka"
ATTRIBUTE_OPERATION: Final = "messaging.operation.name"
ATTRIBUTE_OPERATION_TYPE: Final = "messaging.operation.type"
ATTRIBUTE_BATCH_SIZE: Final = "messaging.batch.message_count"
ATTRIBUTE_DESTINATION: Final = "messaging.destination.name"
ATTRIBUTE_PARTITION: Final = "messaging.destination.partition.id"
ATTRIBUTE_OFFSET: Final = "messaging.kafka.offset"
