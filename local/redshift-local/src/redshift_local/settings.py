"""The settings of redshift-local."""

from service_runtime.settings import RuntimeSettings


class Settings(RuntimeSettings):
    """Where to listen, and where PostgreSQL and S3 are.

    S3's credentials and region come from the standard AWS variables.
    """

    listen_host: str = "127.0.0.1"
    listen_port: int = 5439
    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5432
    s3_endpoint_url: str | None = None
