"""What the stream processor is told."""

from pydantic import Field

from service_runtime.settings import KafkaSettings, MongoSettings, Port
from spark_runtime.settings import SparkSettings
from warehouse.settings import StagingSettings, WarehouseSettings


class Settings(SparkSettings, KafkaSettings, MongoSettings, WarehouseSettings, StagingSettings):
    """Spark, Kafka, both stores and the pace of the two queries."""

    health_host: str = "127.0.0.1"
    health_port: Port = 8010

    checkpoint_url: str = Field(pattern="^(s3a|file|hdfs|abfss|gs)://.+$")
    """Any URL that Hadoop knows, for snapshots of the live figures. Losing them loses no event."""

    warehouse_trigger_seconds: float = Field(default=1.0, ge=0)
    metrics_trigger_seconds: float = Field(default=1.5, ge=0, lt=15)
    """From 15 seconds on analytics-api would say that the live metrics stand still."""
    group_id: str = Field(default="stream-processor", min_length=1, max_length=249)
    """Consumer group without members, to which the warehouse query's positions are committed."""
    max_offsets_per_trigger: int = Field(default=250_000, ge=1)
    """A micro-batch costs as much as tens of thousands of events, so a backlog wants large ones."""

    executors_config_map: str = ""
    """ConfigMap of the driver's namespace that asks for a number of executors; empty is none."""
