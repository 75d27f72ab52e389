"""Entry point: one run over a file of ratings."""

import sys

from pyspark.sql import SparkSession

from spark_runtime.job import run_job
from spark_runtime.s3 import s3a_options
from throw_away_spark.recommendations import recommendations
from throw_away_spark.settings import Settings


def main() -> int:
    """The exit code of the run."""
    settings = Settings()  # type: ignore[call-arg]  # from the environment

    def job(session: SparkSession) -> None:
        ratings = session.read.csv(settings.ratings_url, header=True, inferSchema=True)
        found = recommendations(ratings, each=3)
        found.write.mode("overwrite").json(settings.recommendations_url)

    return run_job("throw-away-spark", settings, job, s3a_options(settings))


if __name__ == "__main__":
    sys.exit(main())
