"""What the stream processor is told."""

from service_runtime.settings import KafkaSettings, MongoSettings
from warehouse.settings import StagingSettings, WarehouseSettings


class Settings(KafkaSettings, MongoSettings, WarehouseSettings, StagingSettings):
    """Kafka, both stores, Spark and the pace of the two queries."""

    health_host: str = "127.0.0.1"
    health_port: int = 8010

    spark_master: str | None = None
    """None leaves it to spark-submit, as the spark-operator does."""
    spark_jars_dir: str | None = None
    """Folder with the Kafka connector's jars; None where the image's Spark has them."""
    spark_driver_memory: str = "768m"

    checkpoint_url: str
    """Any URL that Hadoop knows, for snapshots of the live figures. Losing them loses no event."""

    warehouse_trigger_seconds: float = 1.0
    metrics_trigger_seconds: float = 1.5
    max_offsets_per_trigger: int = 250_000
    """A micro-batch costs as much as tens of thousands of events, so a backlog wants large ones."""
