"""Names of the metrics that the libraries' own loops emit, and of their attributes."""

from typing import Final

METER: Final = "service_runtime"

CONSUMER_LAG: Final = "service_runtime.consumer.lag"
CONSUMER_BATCH_SIZE: Final = "service_runtime.consumer.batch.size"
CONSUMER_FAILURES: Final = "service_runtime.consumer.failures"

ATTRIBUTE_GROUP: Final = "group"
ATTRIBUTE_TOPIC: Final = "topic"
ATTRIBUTE_PARTITION: Final = "partition"
