"""The settings of platform-jobs; each job reads those that it needs."""

from datetime import date

from pydantic import Field

from service_runtime.settings import KafkaSettings, MongoSettings, TimeZone
from warehouse.settings import WarehouseSettings


class Settings(KafkaSettings, MongoSettings, WarehouseSettings):
    """The addresses of all stores, and the properties of the topics."""

    topic_partitions: int = Field(default=6, ge=1)
    """For a topic that is created; an existing one keeps its partitions."""
    topic_replication_factor: int = Field(default=3, ge=1)
    click_log_days: int = Field(default=30, ge=1, le=3650)
    """How long MongoDB keeps an event of a customer in `logs_cliques` after it was written."""
    stream_delay_seconds: float = Field(default=300.0, gt=0)
    """How long the stream may take until a record of Kafka is in the ledger."""
    patience_seconds: float = Field(default=120.0, ge=0)
    """How long to wait for a store that is away."""
    shop_timezone: TimeZone = "America/Sao_Paulo"
    """The time zone of the shop's day."""
    quality_first_day: date | None = None
    """The first day whose data is checked, unless `--de` says another; None is the last day."""
    quality_last_day: date | None = None
    """The last day whose data is checked, unless `--ate` says another; None is yesterday in the
    shop."""
