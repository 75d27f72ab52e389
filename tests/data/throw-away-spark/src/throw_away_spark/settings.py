"""What the application is told."""

from service_runtime.settings import S3Settings
from spark_runtime.settings import SparkSettings


class Settings(SparkSettings, S3Settings):
    """Where a run reads and writes."""

    ratings_url: str
    recommendations_url: str
