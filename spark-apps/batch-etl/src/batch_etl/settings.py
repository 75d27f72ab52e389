"""What batch-etl is told."""

from collections.abc import Mapping

from pydantic import Field

from service_runtime.settings import TimeZone
from spark_runtime.settings import SparkSettings
from warehouse.settings import StagingSettings, WarehouseSettings


class Settings(SparkSettings, WarehouseSettings, StagingSettings):
    """Spark, S3 and the warehouse."""

    history_url: str = Field(pattern="^s3://[^/]+(/.+)?$")
    """Where the shop's exports are: `s3://bucket` or `s3://bucket/prefix`, with the folders
    `vendas` and `produtos` below it."""
    shop_timezone: TimeZone = "America/Sao_Paulo"
    """The time zone of the shop's day, and of moments in files that do not say theirs."""
    column_names: Mapping[str, str] = Field(default_factory=dict)
    """Columns of the exports by their own names, such as `{"Lineitem quantity": "quantidade"}`."""
