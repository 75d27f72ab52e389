"""What the vitrine command is told: `VITRINE_*` variables, all with a default."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

HOST: Final = "127.0.0.1"
"""Everything listens here and nowhere else."""

Port = Annotated[int, Field(gt=0, lt=65536)]


class Settings(BaseSettings):
    """Where the state lives, which Java runs, and every port."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", extra="ignore", frozen=True)

    state_dir: Path = Path(".vitrine")
    cache_dir: Path | None = None
    """What was fetched, kept over `--fresh`; None is `cache` in the state folder."""
    java: Literal["auto", "system", "wheel"] = "auto"

    api_port: Port = 8000
    producer_port: Port = 8001
    simulator_port: Port = 8020
    kafka_port: Port = 19092
    kafka_controller_port: Port = 19093
    postgres_port: Port = 15432
    redshift_port: Port = 15439
    mongo_port: Port = 17017
    s3_port: Port = 19000
    stream_health_port: Port = 18010

    events_per_second: float = Field(default=50, gt=0)
    seed: int = 2025
    log_level: str = "INFO"

    def as_environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {f"VITRINE_{name.upper()}": str(value) for name, value in values.items()}
