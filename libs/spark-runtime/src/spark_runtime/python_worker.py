"""The edge between Spark and Python functions over whole Arrow batches."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeAlias

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import from_arrow_schema

Task: TypeAlias = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""What a worker does with the batches of one partition, none of which is empty."""


def map_in_workers(frame: DataFrame, task: Task, schema: pa.Schema) -> DataFrame:
    """What the tasks yield, with the columns of `schema`. A task crosses by pickle, and one whose
    partition has no rows is run all the same."""
    return frame.mapInArrow(partial(_run, task=task), from_arrow_schema(schema))


def _run(batches: Iterable[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    yield from task(batch for batch in batches if batch.num_rows)
