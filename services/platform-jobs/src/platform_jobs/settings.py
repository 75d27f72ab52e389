"""What platform-jobs is told; each job reads what it needs of it."""

from pydantic import Field

from service_runtime.settings import KafkaSettings, MongoSettings
from warehouse.settings import WarehouseSettings


class Settings(KafkaSettings, MongoSettings, WarehouseSettings):
    """Where everything is, and how Kafka keeps the topics."""

    topic_partitions: int = Field(default=6, ge=1)
    """Of a topic that is created; one that exists keeps its own."""
    topic_replication_factor: int = Field(default=3, ge=1)
    patience_seconds: float = Field(default=120.0, ge=0)
    """How long to wait for a store that is away."""
