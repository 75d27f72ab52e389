"""Where the warehouse and its staging area are."""

from pydantic import SecretStr

from service_runtime.settings import RuntimeSettings


class WarehouseSettings(RuntimeSettings):
    """Redshift, or what speaks like it, by the Redshift driver."""

    warehouse_host: str
    warehouse_port: int = 5439
    warehouse_database: str = "vitrine"
    warehouse_user: str
    warehouse_password: SecretStr
    warehouse_ssl: bool = True


class StagingSettings(RuntimeSettings):
    """The S3 prefix that COPY reads from; credentials come from the standard AWS chain."""

    staging_url: str
    """For example `s3://bucket/prefix`."""
    warehouse_iam_role: str
    """ARN of the role with which the warehouse reads the staging area, or `default`."""
    aws_region: str = "us-east-1"
    s3_endpoint_url: str | None = None
