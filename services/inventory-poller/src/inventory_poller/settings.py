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
    webhook_host: str = "127.0.0.1"
    webhook_port: Port = 8041
    """Open where a source has `webhooks`."""
    keep_alive_seconds: int = Field(default=75, ge=1)
    """How long a connection without a webhook stays open: longer than a load balancer keeps it."""
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

    @property
    def takes_webhooks(self) -> bool:
        """Whether a source has them."""
        return any(source.webhooks for source in self.stock_apis)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = self.stock_credentials.get_secret_value()
        problems = source_problems(self.stock_apis) + credential_problems(self.stock_apis, given)
        if self.takes_webhooks and self.webhook_port == self.health_port:
            problems.append("WEBHOOK_PORT: expected another than HEALTH_PORT")
        if problems:
            raise ValueError("; ".join(problems))
        return self
