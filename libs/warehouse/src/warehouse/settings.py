"""Where the warehouse and its staging area are."""

from typing import Final, Literal

from pydantic import Field, SecretStr

from service_runtime.settings import Port, RuntimeSettings, S3Settings

DEFAULT_SCHEMA: Final = "public"


class WarehouseSettings(RuntimeSettings):
    """Redshift, or what speaks like it, by the Redshift driver."""

    warehouse_host: str = Field(pattern=r"^([^:/ ]+|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$")
    """A name or an address alone; what AWS shows as the endpoint has a port and a database too."""
    warehouse_port: Port = 5439
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

    staging_url: str = Field(pattern="^s3://[^/]+/.+$")
    """For example `s3://bucket/prefix`."""
    warehouse_iam_role: str = Field(pattern="^(default|arn:aws[a-z-]*:iam::.+)$")
    """ARN of the role with which the warehouse reads the staging area, or `default`."""
