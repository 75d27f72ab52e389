"""The settings of analytics-api."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, SecretStr

from analytics_api.freshness import METRICS_SLACK, STANDS_STILL_AFTER
from service_runtime.settings import HttpSettings, KafkaSettings, MongoSettings, Port, TimeZone
from warehouse.settings import WarehouseSettings


class Settings(HttpSettings, WarehouseSettings, MongoSettings, KafkaSettings):
    """Kafka is asked for end offsets alone, to compute the lag of the warehouse."""

    not_above: ClassVar[Mapping[str, str]] = {
        "refresh_seconds": "retry_max_seconds",
        "kafka_refresh_seconds": "retry_max_seconds",
    }

    listen_port: Port = 8000
    shop_timezone: TimeZone = "America/Sao_Paulo"
    """The time zone of the shop's day."""
    refresh_seconds: float = Field(default=0.5, gt=0, lt=METRICS_SLACK.total_seconds())
    """Seconds between two reads of a store; with more, the live metrics would look as if they stood
    still."""
    kafka_refresh_seconds: float = Field(default=1.0, gt=0, lt=STANDS_STILL_AFTER.total_seconds())
    """Seconds between two reads of Kafka's end offsets; the same holds of the whole pipeline."""
    retry_max_seconds: float = Field(default=5.0, gt=0)
    """The longest wait in seconds before a store that is away is asked again."""

    customer_token: SecretStr | None = Field(default=None, min_length=16)
    """What callers of `/usuarios/{id_usuario}/atividade` must send as `Authorization: Bearer`.
    Without it the path answers only where the API listens on loopback."""
    sales_cells_in_memory: int = Field(default=10_000_000, ge=1)
    """How many cells (one day of one product) are kept in memory day by day, at least a month of
    them; older periods are read from the warehouse."""
