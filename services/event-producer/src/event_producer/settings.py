"""The settings of event-producer."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from event_producer.origins import LOOPBACK, Origins
from service_runtime.settings import HttpSettings, KafkaSettings, Port


class Settings(HttpSettings, KafkaSettings):
    """Durations are seconds, sizes are bytes."""

    not_above: ClassVar[Mapping[str, str]] = {"group_interval": "delivery_timeout"}

    listen_port: Port = 8001
    allowed_origins: str = LOOPBACK
    """Pages that may send events: origins such as `https://loja.example`, separated by commas;
    `loopback` is every page of this machine, `null` one without an origin (a file, or a beacon
    under `Referrer-Policy: no-referrer` or `same-origin`), `*` any page. Programs need none."""
    workers: int = Field(default=1, ge=1)
    """Processes that serve, each on a core of its own."""
    spool_path: Path = Path("event-producer.spool")
    """A file of this service alone, on a disk that survives it; further workers have `.1`, `.2`
    and so on beside it."""
    spool_max_bytes: int = Field(default=256 * 1024 * 1024, ge=1)
    """Of all workers together."""
    delivery_timeout: float = Field(default=3.0, gt=0, le=10)
    """How long Kafka may take for a group before the group goes to the spool. A request may wait
    for the group before its own too, and a process that ends waits for it 30 seconds."""
    group_interval: float = Field(default=0.02, ge=0)
    """After a group of several requests the next begins at least this much later: each costs
    Kafka a write, whatever its size."""

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        Origins.parse(text)
        return text
