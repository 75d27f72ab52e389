"""Where the warehouse and its staging area are."""

from typing import Final, Literal

from pydantic import Field, SecretStr

from service_runtime.settings import RuntimeSettings, S3Settings

DEFAULT_SCHEMA: Final = "public"


class WarehouseSettings(RuntimeSettings):
    """Redshift, or what speaks like it, by the Redshift driver."""

    warehouse_host: str
    warehouse_port: int = 5439
    warehouse_database: str = "vitrine"
    warehouse_user: str
    warehouse_password: SecretStr
    warehouse_ssl: bool = True
    warehouse_ssl_mode: Literal["verify-ca", "verify-full"] = "verify-full"
    """`verify-full` also holds the host's name against the certificate; an address that is not
    Amazon's own, such as a tunnel's, needs `verify-ca`."""
    warehouse_schema: str = Field(default=DEFAULT_SCHEMA, pattern=r"^[a-z_][a-z0-9_]{0,126}$")
    """Where the tables are; the set-up job makes it."""


class StagingSettings(S3Settings):
    """The S3 prefix that COPY reads from."""

    staging_url: str
    """For example `s3://bucket/prefix`."""
    warehouse_iam_role: str
    """ARN of the role with which the warehouse reads the staging area, or `default`."""
