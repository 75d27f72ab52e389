"""Numbered pieces of work, a task of Spark for each."""

from typing import Any

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from service_runtime.errors import TransientError
from spark_runtime.python_worker import Task, map_in_workers


def run_tasks(
    session: SparkSession, task: Task, count: int, schema: pa.Schema
) -> list[dict[str, Any]]:
    """The rows that the tasks yield, each of which is given its number in the column `id`.

    Raises TransientError where one fails.
    """
    numbers = session.range(0, count, 1, numPartitions=count)
    try:
        return [row.asDict() for row in map_in_workers(numbers, task, schema).collect()]
    except PySparkException as error:
        raise TransientError(f"a task failed: {str(error).strip().splitlines()[-1]}") from error
