"""What Airflow is told of the release whose containers it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RUNNERS: Final = ("native", "spark-operator")


class SettingsError(ValueError):
    """A variable has a value that nothing can be made of."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`VITRINE_` and a field's name in capitals is the environment variable; empty is not set."""

    namespace: str = "vitrine"
    """Namespace of the release."""
    platform_jobs: str = "vitrine-platform-jobs-audit"
    """CronJob whose pod template the jobs of platform-jobs take."""
    batch_etl: str = "vitrine-batch-etl"
    """CronJob of batch-etl, or ScheduledSparkApplication where `spark_runner` is spark-operator."""
    spark_runner: str = "native"
    """The same as `runner` in the chart of batch-etl: `native` or `spark-operator`."""
    platform_jobs_image: str = ""
    """Image by name and tag; empty is the release's own."""
    batch_etl_image: str = ""
    """Image by name and tag; empty is the release's own."""
    pool: str = "vitrine_armazem"
    """Pool of every task that uses the warehouse."""
    shop_timezone: str = "America/Sao_Paulo"
    """IANA name; a day of files is a day there. The same as in the charts."""
    days_back: str = "7"
    """How many days before its own a daily run looks at too, for files that came late or anew."""
    kubernetes_connection: str = "kubernetes_default"
    """Airflow's connection to the cluster; without one it is the cluster that Airflow runs in."""
    local_command: str = ""
    """Command that runs a deployable by name with arguments, as `vitrine run` does. Where it is
    set, tasks are processes of the machine that Airflow runs on, and no cluster is asked."""

    @classmethod
    def variables(cls) -> dict[str, str]:
        """The environment variable of each field."""
        return {field.name: f"VITRINE_{field.name.upper()}" for field in fields(cls)}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises SettingsError where a value can be no such setting."""
        names = cls.variables().items()
        given = {name: environment.get(variable, "") for name, variable in names}
        return cls(**{name: value for name, value in given.items() if value})

    def __post_init__(self) -> None:
        if not self.days_back.isdecimal():
            raise SettingsError(f"VITRINE_DAYS_BACK is no number of days: {self.days_back}")
        if self.spark_runner not in RUNNERS:
            raise SettingsError(f"VITRINE_SPARK_RUNNER is none of {RUNNERS}: {self.spark_runner}")
        for name in ("platform_jobs_image", "batch_etl_image"):
            image = getattr(self, name)
            if image and not _is_pinned(image):
                raise SettingsError(f"VITRINE_{name.upper()} has no tag but latest: {image}")
        try:
            ZoneInfo(self.shop_timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError("VITRINE_SHOP_TIMEZONE is no time zone of IANA") from error


def _is_pinned(image: str) -> bool:
    _, at, _ = image.partition("@")
    _, colon, tag = image.rpartition("/")[2].partition(":")
    return bool(at) or (bool(colon) and tag not in ("", "latest"))
