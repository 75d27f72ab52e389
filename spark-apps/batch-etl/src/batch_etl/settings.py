"""What batch-etl is told."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from batch_etl.layout import Rules
from service_runtime.settings import TimeZone
from spark_runtime.settings import SparkSettings
from warehouse.settings import StagingSettings, WarehouseSettings


class S3Places(StagingSettings):
    """The exports and the staging area: all that a task is told, so it holds no password."""

    history_url: str = Field(pattern="^s3://[^/]+(/.+)?$")
    """Where the shop's exports are: `s3://bucket` or `s3://bucket/prefix`, with the folders
    `vendas` and `produtos` below it."""


class Settings(SparkSettings, WarehouseSettings, S3Places):
    """Spark, S3 and the warehouse."""

    shop_timezone: TimeZone = "America/Sao_Paulo"
    """The time zone of the shop's day, and of moments in files that do not say theirs."""
    column_names: Mapping[str, str] = Field(default_factory=dict)
    """Columns of the exports by their own names, such as `{"Lineitem quantity": "quantidade"}`."""

    def today(self) -> date:
        """The shop's day."""
        return datetime.now(ZoneInfo(self.shop_timezone)).date()

    def rules(self) -> Rules:
        """What files do not say themselves, at this moment."""
        return Rules(timezone=self.shop_timezone, now=datetime.now(UTC), columns=self.column_names)

    @property
    def places(self) -> S3Places:
        """What a task may know."""
        return S3Places.model_construct(
            **{name: getattr(self, name) for name in S3Places.model_fields}
        )
