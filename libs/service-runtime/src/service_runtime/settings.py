"""The settings base: environment variables named as the fields, secrets as files.

`SECRETS_DIR` names a folder with one file per secret (`mongo_url`, `warehouse_password`);
an environment variable of the same name wins over the file.
"""

import os
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class RuntimeSettings(BaseSettings):
    """What every process is told. OpenTelemetry reads its own standard `OTEL_*` variables."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )

    log_level: str = "INFO"


class HttpSettings(RuntimeSettings):
    """Where an HTTP service listens."""

    listen_host: str = "127.0.0.1"
    listen_port: int
    keep_alive_seconds: int = Field(default=75, ge=1)
    """How long a connection without a request stays open: longer than a load balancer keeps it
    (60 seconds, mostly), or it would send a request into a connection that is just being closed."""


KafkaSecurity = Literal["plaintext", "msk-iam"]


class KafkaSettings(RuntimeSettings):
    """Where Kafka is; `host:port`, several separated by commas."""

    kafka_bootstrap_servers: str
    kafka_security: KafkaSecurity = "plaintext"
    """`msk-iam` is Amazon MSK with IAM: TLS, a token signed by the credentials of the standard
    AWS chain, and the region of `AWS_REGION`."""


class MongoSettings(RuntimeSettings):
    """Where the documents are. The URL may carry a password, hence a secret."""

    mongo_url: SecretStr
    mongo_database: str = "vitrine"
