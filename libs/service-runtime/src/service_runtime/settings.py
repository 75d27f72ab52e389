"""The settings base: environment variables named as the fields, secrets as files.

`SECRETS_DIR` names a folder with one file per secret (`mongo_url`, `warehouse_password`);
an environment variable of the same name wins over the file.
"""

import os
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _is_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone") from error
    return name


Port = Annotated[int, Field(ge=1, le=65535)]
TimeZone = Annotated[str, AfterValidator(_is_time_zone)]
"""The name of a time zone of IANA."""
HTTP_URL: Final = r"^https?://.+$"
KAFKA_SERVERS: Final = r"^[^,:/ ]+:[0-9]+(, *[^,:/ ]+:[0-9]+)*$"


class RuntimeSettings(BaseSettings):
    """The settings of every process. OpenTelemetry reads its own standard `OTEL_*` variables.

    Charts refuse what is refused here: charts/generate.py reads bounds and patterns of fields, and
    `not_above`.
    """

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        secrets_dir=os.environ.get("SECRETS_DIR"),
        hide_input_in_errors=True,  # which may be a secret
    )
    not_above: ClassVar[Mapping[str, str]] = {}
    """Fields whose number must not be above that of another field."""

    log_level: str = "INFO"

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        pairs = [(name, getattr(self, name), of) for name, of in self.not_above.items()]
        wrong = [
            f"{name.upper()}, {value}, is above {of.upper()}, {getattr(self, of)}"
            for name, value, of in pairs
            if value > getattr(self, of)
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class HttpSettings(RuntimeSettings):
    """Where an HTTP service listens."""

    listen_host: str = "127.0.0.1"
    listen_port: Port
    keep_alive_seconds: int = Field(default=75, ge=1)
    """How long a connection without a request stays open: longer than a load balancer keeps it
    (60 seconds, mostly), or it would send a request into a connection that is just being closed."""


KafkaSecurity = Literal["plaintext", "tls", "sasl-scram", "mtls", "msk-iam"]


class KafkaSecuritySettings(RuntimeSettings):
    """How clients connect to Kafka. Certificates and keys are PEM texts, and secrets like the
    password."""

    kafka_security: KafkaSecurity = "plaintext"
    """`sasl-scram` is a name and a password (SCRAM-SHA-512) over TLS; `mtls` is a certificate of
    the client's own; `msk-iam` is Amazon MSK with IAM: TLS, a token signed by the credentials of
    the standard AWS chain, and the region of `AWS_REGION`."""
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca: SecretStr | None = None
    """The certificate authority of the brokers; None trusts those of the system."""
    kafka_certificate: SecretStr | None = None
    """The client's certificate with its chain."""
    kafka_key: SecretStr | None = None
    """The client's key, as PKCS#8 without a password."""

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        needed = {
            "sasl-scram": ("kafka_username", "kafka_password"),
            "mtls": ("kafka_certificate", "kafka_key"),
        }.get(self.kafka_security, ())
        if lacking := [name.upper() for name in needed if not getattr(self, name)]:
            raise ValueError(f"KAFKA_SECURITY={self.kafka_security} needs {' and '.join(lacking)}")
        return self


class KafkaSettings(KafkaSecuritySettings):
    """Where Kafka is; `host:port`, several separated by commas."""

    kafka_bootstrap_servers: str = Field(pattern=KAFKA_SERVERS)


class S3Settings(RuntimeSettings):
    """How S3 is reached; credentials come from the standard AWS chain."""

    aws_region: str = "us-east-1"
    s3_endpoint_url: str | None = Field(default=None, pattern=HTTP_URL)
    """None is AWS's own."""


class MongoSecuritySettings(RuntimeSettings):
    """The client's own certificate for MongoDB. Everything else of TLS stands in the URL."""

    mongo_certificate: SecretStr | None = None
    """As PEM, its chain included."""
    mongo_key: SecretStr | None = None
    """As PEM, without a password."""

    @model_validator(mode="after")
    def _has_both_or_none(self) -> Self:
        if bool(self.mongo_certificate) != bool(self.mongo_key):
            lacking = "MONGO_KEY" if self.mongo_certificate else "MONGO_CERTIFICATE"
            raise ValueError(f"a client's certificate for MongoDB needs {lacking} too")
        return self


class MongoSettings(MongoSecuritySettings):
    """Where the documents are. The URL may carry a password, hence a secret."""

    mongo_url: SecretStr
    mongo_database: str = "vitrine"
