"""What the stream processor is told."""

from service_runtime.settings import KafkaSettings, MongoSettings
from spark_runtime.settings import SparkSettings
from warehouse.settings import StagingSettings, WarehouseSettings


class Settings(SparkSettings, KafkaSettings, MongoSettings, WarehouseSettings, StagingSettings):
    """Spark, Kafka, both stores and the pace of the two queries."""

    health_host: str = "127.0.0.1"
    health_port: int = 8010

    checkpoint_url: str
    """Any URL that Hadoop knows, for snapshots of the live figures. Losing them loses no event."""

    warehouse_trigger_seconds: float = 1.0
    metrics_trigger_seconds: float = 1.5
    max_offsets_per_trigger: int = 250_000
    """A micro-batch costs as much as tens of thousands of events, so a backlog wants large ones."""
