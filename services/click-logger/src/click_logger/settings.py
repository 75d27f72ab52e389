"""The settings of click-logger."""

from pydantic import Field

from service_runtime.settings import KafkaSettings, MongoSettings, Port


class Settings(KafkaSettings, MongoSettings):
    """Kafka, MongoDB and the consumer group; replicas with one `group_id` share the partitions."""

    health_host: str = "127.0.0.1"
    health_port: Port = 8030

    group_id: str = Field(default="click-logger", min_length=1, max_length=249)
    batch_size: int = Field(default=2000, ge=1, le=10_000)
    """Most records that are written together. All of them are in memory at once, each as large as
    the topic allows."""
    linger_seconds: float = Field(default=0.5, gt=0, le=60)
    """How long records are gathered for a batch that is not full."""
