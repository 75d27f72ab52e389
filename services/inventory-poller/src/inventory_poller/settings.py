"""The settings of inventory-poller."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from inventory_poller.sources import StockApi, credential_problems, source_problems
from service_runtime.settings import KafkaSettings, Port


class Settings(KafkaSettings):
    """Durations are seconds."""

    health_host: str = "127.0.0.1"
    health_port: Port = 8040
    stock_apis: tuple[StockApi, ...] = ()
    """A JSON list; docs/stock.md says what an entry may hold. Empty polls nothing."""
    stock_credentials: SecretStr = SecretStr("{}")
    """A JSON object: the credentials of a source by its `id`."""
    state_path: Path = Path("inventory-poller.state")
    """A file of this service alone, on a disk that survives it."""
    heartbeat_seconds: float = Field(default=60.0, ge=1)
    """A stock location without changes is heard of at least this often while its API answers, or
    each `poll_seconds` of its source, if that is longer."""
    delivery_timeout: float = Field(default=10.0, gt=0, le=60)
    """How long Kafka may take for the updates of one answer."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = self.stock_credentials.get_secret_value()
        problems = source_problems(self.stock_apis) + credential_problems(self.stock_apis, given)
        if problems:
            raise ValueError("; ".join(problems))
        return self
