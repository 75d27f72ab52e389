"""The settings of event-producer."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

from pydantic import Field, SecretStr, field_validator

from event_producer.origins import LOOPBACK, Origins
from service_runtime.settings import HttpSettings, KafkaSettings, Port

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750, 2.1: what a caller can send as it is."""


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
    and so on beside it. Stock updates have their own, `.estoque`, `.estoque.1` and so on."""
    spool_max_bytes: int = Field(default=256 * 1024 * 1024, ge=1)
    """Of all workers together. With `stock_token` an eighth of it is for stock updates."""
    stock_token: SecretStr | None = Field(default=None, min_length=16)
    """What callers of `POST /estoque` must send; without it no stock update is taken."""
    delivery_timeout: float = Field(default=3.0, gt=0, le=10)
    """How long Kafka may take for a group before the group goes to the spool. A request may wait
    for the group before its own too, and a process that ends waits for it 30 seconds."""
    group_interval: float = Field(default=0.02, ge=0)
    """After a group of several requests the next begins at least this much later: each costs
    Kafka a write, whatever its size."""

    @field_validator("stock_token")
    @classmethod
    def _is_a_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not _TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("a token has ASCII letters, digits and -._~+/ alone, and = at its end")
        return token

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, text: str) -> str:
        Origins.parse(text)
        return text
