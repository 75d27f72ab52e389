"""What every Spark application is told."""

from pydantic import Field

from service_runtime.settings import RuntimeSettings


class SparkSettings(RuntimeSettings):
    """The driver. Where Spark runs, its executors and their memory are told by who submits it."""

    spark_jars_dir: str | None = None
    """Folder with further jars, such as the Kafka connector's; None where the image has them."""
    spark_driver_memory: str = Field(default="768m", pattern="^[0-9]+[kmgt]$")
