"""The settings of shop-simulator."""

import time
from pathlib import Path

from pydantic import Field, SecretStr

from service_runtime.settings import (
    HTTP_URL,
    KAFKA_SERVERS,
    HttpSettings,
    KafkaSecuritySettings,
    MongoSecuritySettings,
    Port,
    S3Settings,
)


class Settings(HttpSettings, KafkaSecuritySettings, MongoSecuritySettings, S3Settings):
    """Shares are of all that is sent. The same `seed` and `run` give the same events."""

    listen_port: Port = 8020
    """Of the shop's page and the health endpoints."""
    event_producer_url: str = Field(default="http://127.0.0.1:8001", pattern=HTTP_URL)
    public_producer_url: str = Field(default="http://127.0.0.1:8001", pattern=HTTP_URL)
    """Where a browser finds event-producer, which serves the page its tracker."""
    public_page_url: str = Field(default="http://127.0.0.1:8000", pattern=HTTP_URL)
    """Where a browser finds the live page."""
    seed: int = 7
    run: str = Field(default_factory=lambda: f"{time.time_ns():x}")
    """Sets the ids of this run apart, or a second run of a seed would be one great repeat."""
    customers: int = Field(default=2000, ge=1)
    events_per_second: float = Field(default=50.0, gt=0)
    """The mean over the shop's day."""
    time_compression: float = Field(default=60.0, ge=0)
    """How much faster the shop's day goes; 0 makes it stand still, at an even rate."""
    max_events: int | None = Field(default=None, ge=0)
    """Stop after so many, repeated and broken ones included."""
    batch_size: int = Field(default=40, ge=1, le=200)
    share_late: float = Field(default=0.01, ge=0, le=1)
    share_repeated: float = Field(default=0.01, ge=0, le=1)
    share_broken: float = Field(default=0.002, ge=0, le=1)
    record_path: Path | None = None
    """Where to write down what became of each event, as JSON lines; appended to."""
    mongo_url: SecretStr | None = None
    mongo_database: str = "vitrine"
    kafka_bootstrap_servers: str | None = Field(default=None, pattern=KAFKA_SERVERS)
    """When given, half of the broken events go straight onto Kafka."""
    export_url: str | None = Field(default=None, pattern="^s3://[^/]+(/.+)?$")
    """Bucket, or a prefix in it, that gets the shop's products and the sales of days gone by; None
    exports nothing."""
    history_days: int = Field(default=90, ge=0)
    """How many whole days before that of the opening are exported."""
    export_every_seconds: float | None = Field(default=None, gt=0)
    """How often the live shop's own sales of the day are exported, with a few differences to
    reconcile; None never does so."""
    export_record_path: Path | None = None
    """Where to write down what each day's files say, as JSON lines; appended to."""
